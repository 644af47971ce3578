import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "./local_stack.js";
import { numberedWords, script } from "./scripted_model.js";
import { ask, openChat, openTransport, promptOf, textOf, wordsArrived } from "./stock_client.js";
import { within } from "./waiting.js";

describe("stop", () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  it("ends the model call, keeps what was shown, and leaves the conversation usable", async (t) => {
    const transport = openTransport(stack);
    const chat = openChat(t, stack, { transport });
    const long = script({ tokens: 500, rate: 50 });
    const sent = chat.sendMessage({ text: long });
    await wordsArrived(chat, 10);

    await chat.stop();
    await sent;

    const dropped = async () => (await stack.modelCall(long)).state === "dropped";
    await within(15, dropped, () => "the model call to be dropped");
    const shown = textOf(chat.lastMessage);
    assert.ok(numberedWords(500).startsWith(shown));
    assert.equal(chat.status, "ready");

    const noReplyRuns = async () => {
      const running = await transport.reconnectToStream({ chatId: chat.id });
      await running?.cancel();
      return running === null;
    };
    await within(15, noReplyRuns, () => "the turn to end");
    const next = script({ text: "Still here." });
    const reply = await ask(chat, next);
    assert.equal(textOf(reply), "Still here.");

    // What was under way to the client when it stopped listening may be stored as well; nothing shown may be missing.
    const [, stored] = promptOf(await stack.modelCall(next));
    assert.ok(stored.startsWith(`assistant: ${shown}`), `shown “${shown}”, stored “${stored}”`);
  });
});
