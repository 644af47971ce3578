import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "./local-stack.js";
import { numberedWords, script } from "./scripted-model.js";
import { ask, openChat, openTransport, promptOf, sendAgain, textOf, wordsArrived } from "./stock-client.js";

describe("a retry", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  it("after a model failure gives the message its reply", async (t) => {
    const chat = openChat(t, stack);
    const text = script({ status: 401, times: 1, text: "At last." });
    await chat.sendMessage({ text });
    assert.equal(chat.status, "error");

    await sendAgain(chat);

    assert.equal(chat.error, undefined);
    assert.deepEqual(chat.messages.map(textOf), [text, "At last."]);
  });

  it("of a message that has its reply replays it without a model call", async (t) => {
    const chat = openChat(t, stack);
    const text = script({ text: "Once is enough." });
    const reply = await ask(chat, text);

    await sendAgain(chat);

    assert.equal(chat.error, undefined);
    assert.deepEqual([chat.lastMessage.id, textOf(chat.lastMessage)], [reply.id, "Once is enough."]);
    assert.equal((await stack.modelCalls(text)).length, 1);
  });

  it("after a lost connection streams the whole running reply", async (t) => {
    const transport = openTransport(stack);
    const chat = openChat(t, stack, { transport });
    const text = script({ tokens: 150, rate: 20 });
    const sent = chat.sendMessage({ text });
    await wordsArrived(chat, 10);
    transport.close();
    await sent;
    assert.equal(chat.status, "error");

    await sendAgain(chat);

    assert.equal(chat.error, undefined);
    assert.equal(textOf(chat.lastMessage), numberedWords(150));
    assert.equal((await stack.modelCalls(text)).length, 1);
  });

  it("of one message by two clients gives both one reply", async (t) => {
    const chat = openChat(t, stack);
    const text = script({ tokens: 140, rate: 20 });
    const sent = chat.sendMessage({ text });
    await wordsArrived(chat, 5);
    const others = [0, 1].map(() => openChat(t, stack, { id: chat.id, messages: structuredClone(chat.messages) }));

    await Promise.all([...others.map(sendAgain), sent]);

    for (const other of others) {
      assert.equal(other.lastMessage.id, chat.lastMessage.id);
      assert.equal(textOf(other.lastMessage), numberedWords(140));
    }
    assert.equal((await stack.modelCalls(text)).length, 1);
  });

  it("for a new reply calls the model with the same prompt", async (t) => {
    const chat = openChat(t, stack);
    const text = script({ text: "A reply." });
    await ask(chat, text);

    await chat.regenerate();

    assert.equal(chat.error, undefined);
    assert.deepEqual(chat.messages.map(textOf), [text, "A reply."]);
    const calls = await stack.modelCalls(text);
    assert.deepEqual(calls.map(promptOf), [[`user: ${text}`], [`user: ${text}`]]);
  });

  it("for a new reply to a message that never arrived answers it", async (t) => {
    let token = await stack.token("alice");
    const transport = openTransport(stack, { params: () => ({ token }) });
    const chat = openChat(t, stack, { transport });
    await ask(chat, script({ text: "First." }));
    transport.close();
    token = "not.a.token";
    await chat.sendMessage({ text: script({ text: "Second." }) });
    assert.equal(chat.status, "error");

    token = await stack.token("alice");
    await chat.regenerate();

    assert.equal(chat.error, undefined);
    assert.equal(textOf(chat.lastMessage), "Second.");
  });
});
