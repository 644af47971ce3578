// Tools in the terminal chat.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { within } from "../../../tests/stock_transport/waiting.js";
import { Chat } from "../examples/terminal/chat.js";
import { showMessage } from "../examples/terminal/reply.js";
import { openClient, startServer } from "./scripted-server.js";
import { ANSWERED, approvalRequest, callId, finish, output, sayStep, START, stepOf, toolPart } from "./tool-chunks.js";

/** A screen without colours that keeps what is written on it. */
function openScreen() {
  const screen = { text: "", style: (_, text) => text };
  for (const name of ["note", "say", "problem"]) screen[name] = (text = "") => (screen.text += `${text}\n`);
  for (const name of ["reply", "reasoning"]) screen[name] = (text) => (screen.text += text);
  return screen;
}

async function open(t) {
  const server = await startServer(t);
  const { client } = openClient(t, server);
  const screen = openScreen();
  const chat = new Chat({ client, screen, conversationId: "c1" });
  /** Has the server answer what is sent when `line` is taken with `chunks`. Returns the frame. */
  const take = async (line, number, chunks) => {
    const taken = chat.take(line);
    const connection = await server.connection(0);
    const frame = await connection.frame("send", number);
    connection.chunks(frame, chunks);
    await taken;
    return frame;
  };
  const says = (words) =>
    within(
      20,
      () => screen.text.includes(words),
      () => `“${words}”, not “${screen.text}”`,
    );
  return { server, chat, screen, take, says };
}
const withInput = (chunks, input) => chunks.map((chunk) => (chunk.type === "tool-input-available" ? { ...chunk, input } : chunk));
const partsOf = ({ messages: [{ parts }] }) => parts;

describe("the terminal chat", { concurrency: true }, () => {
  it("shows each call in a line, with its outcome", async (t) => {
    const { take, screen } = await open(t);
    const error = { type: "tool-output-error", toolCallId: callId(1), errorText: "No\x1b[2J such city." };

    await take("Hello", 0, [
      START,
      ...withInput(stepOf(["a", true], ["b", true]), { city: "Graz" }),
      output(2),
      error,
      ...sayStep("Done."),
      finish(),
    ]);

    assert.match(screen.text, /^⚙ b \{"city":"Graz"\} ✓ done\n⚙ a \{"city":"Graz"\} ✗ No\[2J such city\.\nDone\.\n/);
  });

  for (const [line, approval, alwaysAllow] of [
    ["y", { approved: true }, []],
    ["n, too much", { approved: false, reason: "too much" }, []],
    ["a", { approved: true }, [callId(1)]],
  ]) {
    it(`answers a request for approval with “${line}”`, async (t) => {
      const { chat, take, screen } = await open(t);
      await take("Pay.", 0, [START, ...withInput(stepOf(["pay"]), { sum: 7 }), approvalRequest(1), finish("tool-calls")]);
      assert.match(screen.text, /The reply waits for you\.\n\nAllow pay \{"sum":7\}\?\n/);

      // What is no answer is asked again.
      await chat.take("perhaps");
      const frame = await take(line, 1, [START, ...ANSWERED.filter(({ toolCallId }) => toolCallId !== callId(2))]);

      assert.deepEqual(partsOf(frame)[0].approval, { id: callId(1), ...approval });
      assert.deepEqual(frame.body, { alwaysAllow });
      assert.match(screen.text, /⚙ pay \{"sum":7\} ✓ paid\n.*Done\.\n/s);
    });
  }

  it("asks a question with numbered choices, which other words may answer", async (t) => {
    const { chat, take, screen } = await open(t);
    const ask = withInput(stepOf(["ask_user"], ["ask_user"]), { question: "Where to?", choices: ["Graz", "Linz"] });
    await take("Go.", 0, [START, ...ask, finish("tool-calls")]);
    assert.match(screen.text, /Where to\?\n {2}1 {2}Graz\n {2}2 {2}Linz\n$/);

    await chat.take("2");
    const frame = await take("Elsewhere", 1, [START, output(1, "Linz"), output(2, "Elsewhere"), ...sayStep("Off."), finish()]);

    assert.deepEqual(
      partsOf(frame).map(({ output }) => output),
      ["Linz", "Elsewhere"],
    );
    assert.match(screen.text, /Off\.\n/);
  });

  it("answers for tools of other clients that it does not have them", async (t) => {
    const { server, chat, says } = await open(t);
    void chat.take("Show.");
    const connection = await server.connection(0);
    connection.chunks(await connection.frame("send"), [START, ...stepOf(["show"]), finish("tool-calls")]);
    const frame = await connection.frame("send", 1);
    connection.chunks(frame, [START, ...sayStep("Then not."), finish()]);
    await says("Then not.");

    assert.equal(partsOf(frame)[0].errorText, "The user's terminal does not have this tool.");
  });

  it("asks about a reply that waits in a conversation that is opened", async (t) => {
    const { server, chat, take, says } = await open(t);
    const opened = chat.take("/open c1");
    const connection = await server.connection(0);
    const parts = [{ type: "step-start" }, toolPart("pay", 1, { state: "approval-requested", approval: { id: callId(1) } })];
    const messages = [{ id: "m1", role: "assistant", parts, metadata: { status: "waiting" } }];
    for (const number of [0, 1]) {
      const { requestId } = await connection.frame("conversations.get", number);
      connection.send({ type: "result", requestId, data: { conversation: { id: "c1", waiting: true }, messages } });
    }
    await opened;
    await says("Allow pay {}?");

    const frame = await take("yes", 0, [START, ...ANSWERED.filter(({ toolCallId }) => toolCallId !== callId(2))]);
    assert.equal(frame.messageId, "m1");
  });

  it("shows the calls of the history", () => {
    const screen = openScreen();
    const denied = toolPart("pay", 1, { state: "output-denied", approval: { id: callId(1), approved: false, reason: "No." } });

    showMessage({ role: "assistant", parts: [{ type: "step-start" }, denied, { type: "text", text: "Then not." }] }, screen);

    assert.equal(screen.text, "⚙ pay {} ✗ declined: No.\nThen not.\n\n");
  });
});
