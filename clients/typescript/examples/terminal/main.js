#!/usr/bin/env node
import { argv, env, exit, stdin, stdout } from "node:process";
import { createInterface } from "node:readline";
import { createClient } from "@natter/client";
import { WebSocket } from "ws";
import { Chat } from "./chat.js";
import { MARKS_OFF, MARKS_ON, readPastes, withBreaks } from "./paste.js";
import { createScreen } from "./screen.js";
import { readSettings, tokenSource, USAGE } from "./settings.js";

/** At a terminal, a failure should be reported within a few seconds. */
const ATTEMPTS = 5;

function settingsOrExit() {
  try {
    const settings = readSettings(argv.slice(2), env);
    if (!settings.help) return settings;
    stdout.write(USAGE);
    exit(0);
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    exit(2);
  }
}

// Whoever reads a pipe may have enough, as `head` does.
stdout.on("error", () => exit(0));

const settings = settingsOrExit();
const isTerminal = Boolean(stdin.isTTY && stdout.isTTY);
const screen = createScreen({ isTerminal, hasColor: settings.hasColor });
const client = createClient({ url: settings.url, token: tokenSource(settings), WebSocket, timing: { attempts: ATTEMPTS } });
const chat = new Chat({ client, screen, conversationId: settings.conversation });
const lines = createInterface({
  input: isTerminal ? readPastes(stdin) : stdin,
  output: isTerminal ? stdout : undefined,
  prompt: `${screen.style("cyan", "›")} `,
});

const prompt = () => isTerminal && !chat.hasLeft && lines.prompt();

const MISSING = {
  lost: "The connection was lost.",
  silent: "The connection fell silent.",
  unreachable: "The server cannot be reached.",
  refused: "Still no connection: the server is not there, or refuses the token.",
  token: "There is no token.",
};
// Without a network there is no token either; a token that did not come in time has no cause.
const isAway = ({ reason, cause }) => (reason === "token" ? !cause || cause.code === "unreachable" : /^E[A-Z]+$/.test(cause?.code));
const missing = (state) => MISSING[isAway(state) ? "unreachable" : state.reason];
client.onState((state) => state.reason && screen.note(`(${missing(state)} Trying again …)`));
client.onNotice((notice) => {
  if (notice.notice === "turn-started") void chat.followSoon(notice.id).then(prompt);
});

lines.on("line", (line) => void chat.take(withBreaks(line)).then(prompt));
// The first Ctrl-C stops the reply, if there is one; the next one leaves.
lines.on("SIGINT", () => {
  if (chat.stop()) return;
  screen.say();
  chat.leave();
});
// What came from a pipe is still to be answered.
lines.on("close", () => void (isTerminal ? chat.leave() : chat.take("/quit")));

if (isTerminal) {
  stdout.write(MARKS_ON);
  process.once("exit", () => stdout.write(MARKS_OFF));
  screen.say(`${screen.style("bold", "Natter")}  ${screen.style("dim", `${settings.url} · /help lists the commands`)}\n`);
  client.connect();
}
if (settings.conversation) await chat.take(`/open ${settings.conversation}`);
prompt();

await chat.left;
lines.close();
client.close();
exit(isTerminal || chat.failures === 0 ? 0 : 1);
