import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import { startLocalStack } from "../../../tests/stock_transport/local-stack.js";
import { numberedWords, script } from "../../../tests/stock_transport/scripted-model.js";
import { within } from "../../../tests/stock_transport/waiting.js";
import { fragileSockets, openClient } from "./a-client.js";
import { ask, openChat, textOf, VERSIONS, wordsArrived } from "./chat.js";

for (const [version, ai] of Object.entries(VERSIONS)) {
  describe(`a chat of ${version}`, { concurrency: true }, () => {
    let stack;
    before(async () => (stack = await startLocalStack()));
    after(() => stack.stop());

    const open = (t, options) => openChat(t, ai, stack, options);
    const openFragile = (t, options) => {
      const { FragileSocket, cut } = fragileSockets();
      return { chat: open(t, { WebSocket: FragileSocket, ...options }), cut };
    };
    const assertShows = (chat, ...texts) => {
      assert.equal(chat.error, undefined);
      assert.equal(chat.status, "ready");
      assert.deepEqual(chat.messages.map(textOf), texts);
    };

    it("shows a reply with its reasoning and metadata", async (t) => {
      const chat = open(t);

      const reply = await ask(chat, script({ reasoning: "Let me see.", text: "Grüße, 世界 👩‍👩‍👧" }));

      assert.deepEqual(
        reply.parts.map(({ type, text }) => [type, text]),
        [
          ["reasoning", "Let me see."],
          ["text", "Grüße, 世界 👩‍👩‍👧"],
        ],
      );
      assert.equal(reply.metadata.model, "demo");
    });

    it("goes on by itself when the connection is lost in mid-reply", async (t) => {
      const { chat, cut } = openFragile(t);
      const text = script({ tokens: 150, rate: 30 });
      const sent = chat.sendMessage({ text });

      for (const count of [10, 50]) {
        await wordsArrived(chat, count);
        await cut();
      }
      await sent;

      assertShows(chat, text, numberedWords(150));
      assert.equal((await stack.modelCalls(text)).length, 1);
    });

    it("resumes a running reply after a reload", async (t) => {
      const text = script({ tokens: 120, rate: 30 });
      const chat = open(t);
      const sent = chat.sendMessage({ text });
      await wordsArrived(chat, 10);
      const reloaded = open(t, { id: chat.id, messages: structuredClone(chat.messages) });
      // A page that is left closes its connection and stops nothing.
      chat.transport.close();
      await sent;

      await reloaded.resumeStream();

      assertShows(reloaded, text, numberedWords(120));
      assert.equal(chat.error.code, "closed");
    });

    it("resumes nothing where nothing runs", async (t) => {
      const chat = open(t);
      await chat.resumeStream();
      assertShows(chat);
    });

    it("stops the model, keeps what was shown, and goes on with the next message", async (t) => {
      const chat = open(t);
      const text = script({ tokens: 500, rate: 50 });
      const sent = chat.sendMessage({ text });
      await wordsArrived(chat, 10);

      await chat.stop();
      await sent;

      const shown = textOf(chat.lastMessage);
      assert.ok(numberedWords(500).startsWith(shown));
      await within(60, async () => (await stack.modelCall(text)).state === "dropped", "the model call to be dropped");
      const next = script({ text: "Still here." });
      await ask(chat, next);
      assertShows(chat, text, shown, next, "Still here.");
    });

    it("regenerates a reply", async (t) => {
      const chat = open(t);
      const text = script({ text: "A reply." });
      const { id } = await ask(chat, text);

      await chat.regenerate({ messageId: id });

      assertShows(chat, text, "A reply.");
      assert.notEqual(chat.lastMessage.id, id);
      assert.equal((await stack.modelCalls(text)).length, 2);
    });

    it("keeps the partial reply when the model fails, with an error code", async (t) => {
      const chat = open(t);

      await chat.sendMessage({ text: script({ tokens: 100, errorAfter: 20 }) });

      assert.equal(chat.status, "error");
      assert.equal(chat.error.code, "model_unavailable");
      assert.equal(textOf(chat.lastMessage).trim(), numberedWords(20));
    });

    it("keeps all that came when the model breaks off", async (t) => {
      const chat = open(t);
      const text = script({ tokens: 100, cutAfter: 20 });

      await chat.sendMessage({ text });

      assert.equal(chat.error, undefined);
      assert.ok(numberedWords(20).startsWith(textOf(chat.lastMessage).trim()));
    });

    it("sends a text of 200 KB, which another page reads back whole", async (t) => {
      const chat = open(t);
      const text = `${script({ text: "That was long." })}${" \n".repeat(100_000)}`;

      await ask(chat, text);

      assertShows(chat, text, "That was long.");
      const stored = [];
      for await (const messages of openClient(t, stack).conversations.history(chat.id)) stored.unshift(...messages);
      assert.deepEqual(stored.map(textOf), [text, "That was long."]);
    });

    it("rejects a message that is too long before it is sent, and the connection stays open", async (t) => {
      const chat = open(t);

      await chat.sendMessage({ text: "x".repeat(262_145) });

      assert.equal(chat.error.code, "message_too_large");
      assert.equal(chat.error.details.limit, 262_144);
      const text = script({ text: "That is shorter." });
      assert.equal(textOf(await ask(chat, text)), "That is shorter.");
    });

    it("shares a client with others, which its end does not close", async (t) => {
      const client = openClient(t, stack);
      const chat = open(t, { transport: new NatterChatTransport({ client }) });
      await ask(chat, script({ text: "Shared." }));

      chat.transport.close();

      assert.equal(client.state.status, "open");
    });
  });
}
