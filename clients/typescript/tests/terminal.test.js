import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { after, before, describe, it } from "node:test";
import path from "node:path";
import { PassThrough } from "node:stream";
import { newId } from "@natter/client";
import { startLocalStack } from "../../../tests/stock_transport/local-stack.js";
import { numberedWords, script } from "../../../tests/stock_transport/scripted-model.js";
import { within } from "../../../tests/stock_transport/waiting.js";
import { readPastes, withBreaks } from "../examples/terminal/paste.js";
import { openClient } from "./a-client.js";
import { read } from "./reading.js";

const PROGRAM = path.join(import.meta.dirname, "../examples/terminal/main.js");

describe("the terminal chat", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  /** Starts the program with text from a pipe. `ended` resolves to what it wrote, and its exit code. */
  const start = (t, ...args) => {
    return watched(t, spawn(process.execPath, [PROGRAM, "--url", stack.socketUrl, "--user", "alice", ...args]));
  };
  const watched = (t, child) => {
    t.after(() => child.kill());
    const written = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (data) => (written[name] += data));
    const ended = new Promise((resolve) => child.once("close", (code) => resolve({ code, ...written })));
    return { child, written, ended };
  };
  /** The same at a terminal, where a user types. */
  const startAtTerminal = (t) => {
    const command = [process.execPath, PROGRAM, "--url", stack.socketUrl, "--user", newId()].map((word) => `'${word}'`).join(" ");
    return watched(t, spawn("script", ["--quiet", "--command", command, "/dev/null"]));
  };
  const run = (t, input, ...args) => {
    const { child, ended } = start(t, ...args);
    child.stdin.end(input);
    return ended;
  };

  it("answers each line of a pipe, and writes nothing but the replies", async (t) => {
    const { code, stdout, stderr } = await run(t, `${script({ text: "One." })}\n${script({ text: "Two." })}\n`);

    assert.deepEqual([code, stdout], [0, "One.\nTwo.\n"]);
    assert.match(stderr, /demo · \d+ tokens/);
    assert.equal(stderr.includes("\x1b"), false, stderr);
  });

  it("answers a line of 200 KB", async (t) => {
    const { code, stdout } = await run(t, `${script({ text: "Read.", body: { unread: "so many words ".repeat(14_300) } })}\n`);

    assert.deepEqual([code, stdout], [0, "Read.\n"]);
  });

  it("keeps what the model thinks out of a pipe", async (t) => {
    const { stdout } = await run(t, script({ reasoning: "Let me see.", text: "Done." }));
    assert.equal(stdout, "Done.\n");
  });

  it("exits quietly when its output is closed", async (t) => {
    const { child, written, ended } = start(t);
    child.stdin.end(`${script({ tokens: 200, rate: 30 })}\n`);
    await within(60, () => written.stdout.includes("w1 "), "words of the reply");

    child.stdout.destroy();

    const { code, stderr } = await ended;
    assert.deepEqual([code, stderr], [0, ""]);
  });

  it("says what went wrong, goes on, and exits with 1", async (t) => {
    const { code, stdout, stderr } = await run(t, `${script({ status: 401 })}\n${script({ text: "Better." })}\n`);

    assert.deepEqual([code, stdout], [1, "Better.\n"]);
    assert.match(stderr, /This service is misconfigured/);
  });

  it("passes nothing on that a terminal would take for a command", async (t) => {
    const { stdout } = await run(t, script({ text: "\u001b]0;Owned\u0007\u001b[2JHello,\n\tyou \u009b31m👋." }));
    assert.equal(stdout, "]0;Owned[2JHello,\n\tyou 31m👋.\n");
  });

  it("follows a reply that is being written in the conversation it is given", async (t) => {
    const conversationId = newId();
    const reader = read(openClient(t, stack).send({ conversationId, text: script({ tokens: 100, rate: 30 }) }));
    await reader.words(10);

    const { code, stdout } = await run(t, "", "--conversation", conversationId);

    assert.equal(code, 0);
    assert.ok(stdout.includes(numberedWords(100)), stdout);
  });

  it("stops a reply", async (t) => {
    const { child, written, ended } = start(t);
    const text = script({ tokens: 500, rate: 30 });
    child.stdin.write(`${text}\n`);
    await within(60, () => written.stdout.split(" ").length > 10, "words of the reply");

    child.stdin.end("/stop\n");

    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0);
    assert.ok(numberedWords(500).startsWith(stdout.trim()));
    assert.match(stderr, /Stopped\./);
    await within(60, async () => (await stack.modelCall(text)).state === "dropped", "the model call to be dropped");
  });

  it("asks for another reply", async (t) => {
    const text = script({ text: "A reply to regenerate." });
    const { stdout } = await run(t, `${text}\n/again\n`);

    assert.equal(stdout, "A reply to regenerate.\nA reply to regenerate.\n");
    assert.equal((await stack.modelCalls(text)).length, 2);
  });

  it("lists, opens, renames and deletes conversations", async (t) => {
    const user = newId();
    const conversationId = newId();
    const client = openClient(t, stack, { user });
    await read(client.send({ conversationId, text: script({ text: "Remember me." }) })).ended;

    const { code, stdout, stderr } = await run(t, "/list\n/open 1\n/rename Plans\n/list\n/delete\n/list\n", "--user", user);

    assert.deepEqual([code, stdout.trim()], [0, "Remember me."]);
    assert.match(stderr, /This is now “Plans”.*1 {2}Plans.*It is gone.*no conversations/s);
  });

  it("lists a conversation once, however often a search finds something in it", async (t) => {
    const user = newId();
    const client = openClient(t, stack, { user });
    const [tea, coffee] = [newId(), newId()];
    for (const text of ["Tea is hot.", "Tea is green."]) await read(client.send({ conversationId: tea, text: script({ text }) })).ended;
    await read(client.send({ conversationId: coffee, text: script({ text: "No tea here." }) })).ended;

    const { stderr } = await run(t, "/search tea\n", "--user", user);

    assert.deepEqual(stderr.match(/^ +\d /gm)?.map(Number), [1, 2]);
  });

  it("exports to a file that was not there before, and says where it is", async (t) => {
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), "natter-export-")));
    t.after(() => rm(folder, { recursive: true }));
    const { child, ended } = watched(t, spawn(process.execPath, [PROGRAM, "--url", stack.socketUrl], { cwd: folder }));
    child.stdin.end(`${script({ text: "Once." })}\n/export chat.md\n/export chat.md\n`);

    const { stderr } = await ended;
    const files = ["chat.md", "chat-2.md"].map((name) => path.join(folder, name));
    for (const file of files) assert.ok(stderr.includes(`Written to ${file}.\n`), stderr);
    const [first, second] = await Promise.all(files.map((file) => readFile(file, "utf8")));
    assert.match(first, /Once\./);
    assert.equal(first, second);
  });

  it("takes what is pasted as one message, and sends it when Enter is pressed", async (t) => {
    const { child, written } = startAtTerminal(t);
    await within(60, () => written.stdout.includes("›"), "a prompt");
    const text = script({ text: "Once and whole." }).replace("{", "{\n");
    assert.match(text, /\n/);
    child.stdin.write(`\x1b[200~${text.replaceAll("\n", "\r")}\x1b[201~`);
    child.stdin.write("\r");

    await within(
      60,
      () => written.stdout.includes("Once and whole.\r\n"),
      () => `the reply, after ${written.stdout}`,
    );
    assert.equal((await stack.modelCalls(text)).length, 1);
  });

  it("knows a paste wherever a terminal cuts what it hands over", async () => {
    const typed = Buffer.from("a\x1b[A\x1b[200~on\u{e9}\rtwo\x03\x1b[201~b\r");
    for (let cut = 1; cut < typed.length; cut++) {
      const terminal = Object.assign(new PassThrough(), { setRawMode: () => {} });
      const keys = readPastes(terminal);
      terminal.write(typed.subarray(0, cut));
      terminal.end(typed.subarray(cut));
      let passed = "";
      for await (const text of keys) passed += text;
      assert.equal(withBreaks(passed), "a\x1b[Aon\u{e9}\ntwob\r", `cut at ${cut}`);
    }
  });

  it("reports that the server cannot be reached", async (t) => {
    const { code, stderr } = await run(t, "Hello\n", "--url", "ws://127.0.0.1:9/local");

    assert.equal(code, 1);
    assert.match(stderr, /The server cannot be reached/);
    assert.doesNotMatch(stderr, /no token|refuses the token/);
  });

  it("reports that the server gives no token", async (t) => {
    const server = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");

    const { stderr } = await run(t, "Hello\n", "--url", `ws://127.0.0.1:${server.address().port}/local`);

    assert.match(stderr, /There is no token/);
    assert.match(stderr, /name one with --token/);
  });

  it("explains itself, and arguments that it does not know", async (t) => {
    const help = await run(t, "", "--help");
    assert.match(help.stdout, /--conversation ID/);
    const wrong = await run(t, "", "--colour");
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
    assert.match(wrong.stderr, /--colour/);
  });
});
