import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "./local-stack.js";
import { numberedWords, script } from "./scripted-model.js";
import { ask, openChat, openFragileTransport, rolesOf, textOf, wordsArrived } from "./stock-client.js";
import { within } from "./waiting.js";

describe("a connection that is lost", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  const assertWhole = (chat, count) => {
    assert.equal(chat.error, undefined);
    assert.deepEqual(rolesOf(chat), ["user", "assistant"]);
    assert.equal(textOf(chat.lastMessage), numberedWords(count));
  };

  it("during a reply loses nothing: a resume continues it", async (t) => {
    const { transport, cut } = openFragileTransport(stack);
    const chat = openChat(t, stack, { transport });
    const text = script({ tokens: 150, rate: 20 });
    const sent = chat.sendMessage({ text });
    await wordsArrived(chat, 10);

    await cut();
    await sent;
    assert.equal(chat.status, "error");
    await chat.resumeStream();

    assertWhole(chat, 150);
    assert.equal((await stack.modelCalls(text)).length, 1);
  });

  it("three times in one reply loses nothing", async (t) => {
    const { transport, cut } = openFragileTransport(stack);
    const chat = openChat(t, stack, { transport });
    let running = chat.sendMessage({ text: script({ tokens: 200, rate: 20 }) });

    for (const count of [10, 30, 50]) {
      await wordsArrived(chat, count);
      await cut();
      await running;
      running = chat.resumeStream();
    }
    await running;

    assertWhole(chat, 200);
  });

  it("until after the reply's end loses nothing: a resume replays it", async (t) => {
    const { transport, cut } = openFragileTransport(stack);
    const chat = openChat(t, stack, { transport });
    const text = script({ tokens: 60, rate: 30 });
    const sent = chat.sendMessage({ text });
    await wordsArrived(chat, 10);

    await cut();
    await sent;
    await within(60, async () => (await stack.modelCall(text)).state === "finished", "the model to finish");
    await chat.resumeStream();

    assertWhole(chat, 60);
    assert.equal((await stack.modelCalls(text)).length, 1);
  });

  it("after the reply's end changes nothing: a resume replays the same reply", async (t) => {
    const { transport, cut } = openFragileTransport(stack);
    const chat = openChat(t, stack, { transport });
    const reply = await ask(chat, script({ tokens: 30, rate: 0 }));

    await cut();
    await chat.resumeStream();

    assertWhole(chat, 30);
    assert.equal(chat.lastMessage.id, reply.id);
  });
});
