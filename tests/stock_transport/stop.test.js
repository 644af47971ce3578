import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "./local-stack.js";
import { numberedWords, script } from "./scripted-model.js";
import { ask, openChat, openConnectedChat, promptOf, textOf, wordsArrived } from "./stock-client.js";
import { within } from "./waiting.js";

describe("a stop", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  const modelCallIsDropped = (text) =>
    within(60, async () => (await stack.modelCall(text)).state === "dropped", "the model call to be dropped");

  it("ends the model call, keeps the partial reply, and the next is answered", async (t) => {
    const chat = openChat(t, stack);
    const long = script({ tokens: 500, rate: 50 });
    const sent = chat.sendMessage({ text: long });
    await wordsArrived(chat, 10);

    await chat.stop();
    await sent;
    const shown = textOf(chat.lastMessage);
    const next = script({ text: "Still here." });
    const reply = await ask(chat, next);

    assert.equal(textOf(reply), "Still here.");
    await modelCallIsDropped(long);
    assert.ok(numberedWords(500).startsWith(shown));
    // What was under way to the client when it stopped listening may be stored as well; nothing shown may be missing.
    const [, stored] = promptOf(await stack.modelCall(next));
    assert.ok(stored.startsWith(`assistant: ${shown}`), `shown “${shown}”, stored “${stored}”`);
  });

  it("by a client that resumed the reply ends it for all", async (t) => {
    const first = openChat(t, stack);
    const second = await openConnectedChat(t, stack, { id: first.id });
    const long = script({ tokens: 500, rate: 30 });
    const sent = first.sendMessage({ text: long });
    await wordsArrived(first, 10);
    const resumed = second.resumeStream();
    await wordsArrived(second, 15);

    await second.stop();
    await Promise.all([sent, resumed]);

    await modelCallIsDropped(long);
    assert.deepEqual([first.status, first.error], ["ready", undefined]);
    assert.equal(second.status, "ready");
    assert.ok(numberedWords(500).startsWith(textOf(first.lastMessage)));
    assert.ok(textOf(first.lastMessage).startsWith(textOf(second.lastMessage)));
  });

  it("by a client without a reply does not affect other replies", async (t) => {
    const first = openChat(t, stack);
    const sent = first.sendMessage({ text: script({ tokens: 100, rate: 20 }) });
    await wordsArrived(first, 10);

    await openChat(t, stack, { id: first.id }).stop();
    await sent;

    assert.equal(textOf(first.lastMessage), numberedWords(100));
  });
});
