import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { generateId } from "ai";
import { startLocalStack } from "./local-stack.js";
import { numberedWords, script } from "./scripted-model.js";
import { ask, openChat, openConnectedChat, openFragileTransport, openTransport, rolesOf, textOf, wordsArrived } from "./stock-client.js";
import { within } from "./waiting.js";

describe("resume", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  it("finds nothing in a conversation without a reply", async (t) => {
    const transport = openTransport(stack);
    t.after(() => transport.close());

    assert.equal(await transport.reconnectToStream({ chatId: generateId() }), null);
  });

  it("finds nothing for a connection that received the reply's end", async (t) => {
    const transport = openTransport(stack);
    const chat = openChat(t, stack, { transport });
    await ask(chat, script({ text: "All there is." }));

    await nothingToResume(transport, chat.id);
  });

  it("finds nothing after a reload if the reply's end was delivered", async (t) => {
    const transport = openTransport(stack);
    const before = openChat(t, stack, { transport });
    await ask(before, script({ text: "All there is." }));
    transport.close();

    const reloaded = openTransport(stack);
    t.after(() => reloaded.close());
    await nothingToResume(reloaded, before.id);
  });

  it("finds nothing of another user's reply", async (t) => {
    const chat = openChat(t, stack, { user: "carol" });
    const other = openTransport(stack, { user: "dave" });
    t.after(() => other.close());
    await other.reconnectToStream({ chatId: chat.id });
    const sent = chat.sendMessage({ text: script({ tokens: 100, rate: 20 }) });
    await wordsArrived(chat, 10);

    assert.equal(await other.reconnectToStream({ chatId: chat.id }), null);

    await sent;
    assert.equal(textOf(chat.lastMessage), numberedWords(100));
  });

  it("after a reload during a reply completes the shown message", async (t) => {
    // A page that is left closes its connection and stops nothing.
    const { transport, cut: leave } = openFragileTransport(stack);
    const before = openChat(t, stack, { transport });
    const sent = before.sendMessage({ text: script({ tokens: 150, rate: 20 }) });
    await wordsArrived(before, 20);
    const messages = structuredClone(before.messages);
    await leave();
    await sent;

    const reloaded = openChat(t, stack, { id: before.id, messages });
    await reloaded.resumeStream();

    assert.equal(reloaded.error, undefined);
    assert.deepEqual(rolesOf(reloaded), ["user", "assistant"]);
    assert.equal(reloaded.lastMessage.id, messages.at(-1).id);
    assert.equal(textOf(reloaded.lastMessage), numberedWords(150));
  });

  it("streams one reply to two clients, each from its beginning", async (t) => {
    const first = openChat(t, stack);
    const second = await openConnectedChat(t, stack, { id: first.id });
    const third = await openConnectedChat(t, stack, { id: first.id });
    const sent = first.sendMessage({ text: script({ tokens: 100, rate: 20 }) });
    await wordsArrived(first, 10);

    await Promise.all([second.resumeStream(), third.resumeStream(), sent]);

    for (const chat of [first, second, third]) {
      assert.equal(chat.error, undefined);
      assert.equal(textOf(chat.lastMessage), numberedWords(100));
      assert.equal(chat.lastMessage.id, first.lastMessage.id);
    }
  });

  it("twice by one chat, which aborts the first, stops nothing", async (t) => {
    const first = openChat(t, stack);
    const second = await openConnectedChat(t, stack, { id: first.id });
    const sent = first.sendMessage({ text: script({ tokens: 60, rate: 20 }) });
    await wordsArrived(first, 10);
    const given = second.resumeStream();
    await wordsArrived(second, 10);

    await Promise.all([given, second.resumeStream(), sent]);

    assert.deepEqual(
      [first, second].map((chat) => textOf(chat.lastMessage)),
      [numberedWords(60), numberedWords(60)],
    );
  });

  it("twice on one connection streams the whole reply each time", async (t) => {
    const first = openChat(t, stack);
    const transport = openTransport(stack);
    const chats = [0, 1].map(() => openChat(t, stack, { id: first.id, transport }));
    await chats[0].resumeStream();
    const sent = first.sendMessage({ text: script({ tokens: 100, rate: 20 }) });
    await wordsArrived(first, 10);

    await Promise.all([...chats.map((chat) => chat.resumeStream()), sent]);

    assert.deepEqual(
      chats.map((chat) => textOf(chat.lastMessage)),
      [numberedWords(100), numberedWords(100)],
    );
  });
});

// As soon as the end is marked as delivered.
async function nothingToResume(transport, chatId) {
  const findsNothing = async () => {
    const stream = await transport.reconnectToStream({ chatId });
    await stream?.cancel();
    return stream === null;
  };
  await within(10, findsNothing, "nothing to resume");
}
