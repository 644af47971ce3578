// Replies of several model calls.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import { showMessage, showReply } from "../examples/terminal/reply.js";
import { openChat, VERSIONS } from "./chat.js";
import { chunksOfSteps, openClient, startServer } from "./scripted-server.js";
import { assertReads, endWhileAway, sent, shows } from "./scripted-turn.js";

const partsOf = (...texts) => texts.flatMap((text) => [{ type: "step-start" }, { type: "text", text }]);

describe("a reply of several steps", { concurrency: true }, () => {
  const chunks = chunksOfSteps("One.", "Two.");
  for (const [how, status, all] of [
    ["had ended while there was no connection is finished with what is stored", "complete", chunks.slice(0, -1)],
    ["was stopped in its second step ends there", "stopped", chunks.slice(0, -2)],
  ]) {
    it(`that ${how}`, async (t) => {
      const { server, reader, connection, frame } = await sent(t);
      connection.chunks(frame, chunks.slice(0, 7));
      await shows(reader, "One.");

      await endWhileAway({ server, connection }, { id: "m1", role: "assistant", parts: partsOf("One.", "Two."), metadata: { status } });

      await assertReads(reader, "One.Two.");
      assert.deepEqual(reader.chunks.slice(0, -1), all);
      assert.equal(reader.chunks.at(-1).type, status === "complete" ? "finish" : "abort");
    });
  }

  it("is put together from pages that are cut between its steps", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    const message = (...parts) => ({ id: "m1", role: "assistant", parts, metadata: {} });
    const [first, second] = [partsOf("One."), partsOf("Two.")];
    const pages = [{ messages: [message(second[1])], nextCursor: "p2" }, { messages: [message(...first, second[0])] }];

    const history = client.conversations.history("c1").next();
    const connection = await server.connection(0);
    for (const [number, data] of pages.entries()) {
      const { requestId } = await connection.frame("conversations.get", number);
      connection.send({ type: "result", requestId, data });
    }

    assert.deepEqual((await history).value, [message(...first, ...second)]);
  });

  for (const [version, ai] of Object.entries(VERSIONS)) {
    it(`is shown step by step in a chat of ${version}`, async (t) => {
      const server = await startServer(t);
      const { client } = openClient(t, server);
      const chat = openChat(t, ai, undefined, { transport: new NatterChatTransport({ client }), id: "c1" });
      const asked = chat.sendMessage({ text: "Hello?" });
      const connection = await server.connection(0);

      connection.chunks(await connection.frame("send"), chunksOfSteps("One.", "Two."));
      await asked;

      assert.equal(chat.error, undefined);
      const parts = chat.lastMessage.parts.map(({ type, text }) => (text === undefined ? { type } : { type, text }));
      assert.deepEqual(parts, partsOf("One.", "Two."));
    });
  }

  it("has a blank line between its steps in the terminal", async () => {
    const output = [];
    const screen = { reply: (text) => output.push(text), say: (text = "") => output.push(`${text}\n`), note: assert.fail };
    const turn = async function* () {
      yield* chunksOfSteps("One.", "Two.");
    };

    await showReply(turn(), screen);
    assert.equal(output.join(""), "One.\n\nTwo.\n");

    output.length = 0;
    showMessage({ role: "assistant", parts: partsOf("One.", "Two.") }, screen);
    assert.equal(output.join(""), "One.\n\nTwo.\n\n");
  });
});
