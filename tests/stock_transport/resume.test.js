import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { generateId } from "ai";
import { startLocalStack } from "./local_stack.js";
import { numberedWords, script } from "./scripted_model.js";
import { openChat, openTransport, textOf, wordsArrived } from "./stock_client.js";

describe("resume", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  it("finds nothing where no reply is being written", async (t) => {
    const transport = openTransport(stack);
    t.after(() => transport.close());

    assert.equal(await transport.reconnectToStream({ chatId: generateId() }), null);
  });

  it("gives a second client the whole of a running reply", async (t) => {
    const first = openChat(t, stack);
    const second = openChat(t, stack, { id: first.id });
    const sent = first.sendMessage({ text: script({ tokens: 80, rate: 20 }) });
    await wordsArrived(first, 10);

    await second.resumeStream();
    await sent;

    assert.equal(second.error, undefined);
    assert.equal(textOf(second.lastMessage), numberedWords(80));
    assert.equal(second.lastMessage.id, first.lastMessage.id);
    assert.equal(textOf(first.lastMessage), numberedWords(80));
  });
});
