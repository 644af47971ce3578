import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import { openChat, textOf, VERSIONS } from "./chat.js";
import { chunksOf, openClient, startServer } from "./scripted-server.js";

for (const [version, ai] of Object.entries(VERSIONS)) {
  describe(`the transport of a chat of ${version}`, { concurrency: true }, () => {
    const open = async (t, { messages, ...options } = {}) => {
      const server = await startServer(t);
      const { client } = openClient(t, server);
      const chat = openChat(t, ai, undefined, { transport: new NatterChatTransport({ client, ...options }), id: "c1", messages });
      return { server, chat };
    };
    const earlier = [
      { id: "q0", role: "user", parts: [{ type: "text", text: "Before." }] },
      { id: "m0", role: "assistant", parts: [{ type: "text", text: "Long ago." }] },
    ];

    it("sends the last message and the names of those before it, with what goes with each request and with this one", async (t) => {
      const headers = () => ({ "X-Page": "chat", "X-Both": "each" });
      const { server, chat } = await open(t, { messages: earlier, headers, body: async () => ({ model: "small", agent: "poet" }) });

      const sent = chat.sendMessage(
        { text: "And now?" },
        { headers: { "x-both": "this" }, body: { model: "big" }, metadata: { from: "test" } },
      );
      const connection = await server.connection(0);
      const frame = await connection.frame("send");
      connection.chunks(frame, chunksOf("Now."));
      await sent;

      const { requestId, messages, ...rest } = frame;
      assert.deepEqual(rest, {
        type: "send",
        id: "c1",
        trigger: "submit-message",
        headers: { "x-page": "chat", "x-both": "this" },
        body: { model: "big", agent: "poet" },
        metadata: { from: "test" },
      });
      const named = earlier.map(({ id, role }) => ({ id, role, parts: [] }));
      assert.deepEqual(messages.slice(0, -1), named);
      assert.deepEqual([messages.at(-1).role, textOf(messages.at(-1))], ["user", "And now?"]);
    });

    it("restarts the conversation where the page has cleared it, and not on a page that shows nothing yet", async (t) => {
      const { server, chat } = await open(t);
      const bodies = [];
      for (const text of ["One", "Two", "Three"]) {
        const sent = chat.sendMessage({ text });
        const connection = await server.connection(0);
        const frame = await connection.frame("send", bodies.length);
        connection.chunks(frame, chunksOf("Reply."));
        await sent;
        bodies.push(frame.body);
        if (text === "Two") chat.messages = [];
      }

      assert.deepEqual(bodies, [{}, {}, { parentId: null }]);
    });

    it("names the reply that is to be written again", async (t) => {
      const { server, chat } = await open(t, { messages: earlier });

      const regenerated = chat.regenerate({ messageId: "m0" });
      const connection = await server.connection(0);
      const frame = await connection.frame("send");
      connection.chunks(frame, chunksOf("Better."));
      await regenerated;

      assert.deepEqual([frame.trigger, frame.messageId, frame.messages[0].id], ["regenerate-message", "m0", "q0"]);
      assert.deepEqual(chat.messages.map(textOf), ["Before.", "Better."]);
    });

    it("resumes with what goes with each request", async (t) => {
      const { server, chat } = await open(t, { body: { agent: "poet" } });

      const resumed = chat.resumeStream({ headers: { "X-Tab": "two" } });
      const connection = await server.connection(0);
      const { requestId, ...frame } = await connection.frame("resume");
      connection.send({ type: "no-active", requestId });
      await resumed;

      assert.deepEqual(frame, { type: "resume", id: "c1", headers: { "x-tab": "two" }, body: { agent: "poet" } });
    });

    it("gives an error behind all that came before it", async (t) => {
      const { server, chat } = await open(t);

      const sent = chat.sendMessage({ text: "Hello?" });
      const connection = await server.connection(0);
      const frame = await connection.frame("send");
      connection.chunks(frame, chunksOf("All of these words count.").slice(0, -2));
      connection.send({ type: "error", requestId: frame.requestId, code: "model_overloaded", errorText: "Too busy.", retryAfterMs: 900 });
      await sent;

      assert.equal(textOf(chat.lastMessage), "All of these words count.");
      assert.deepEqual([chat.error.code, chat.error.message, chat.error.retryAfterMs], ["model_overloaded", "Too busy.", 900]);
    });
  });
}
