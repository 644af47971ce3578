import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { startLocalStack } from "./local-stack.js";
import { numberedWords, script } from "./scripted-model.js";
import { openChat, rolesOf, textOf, wordsArrived } from "./stock-client.js";

let stack;
before(async () => (stack = await startLocalStack({ variables: { LEASE_SECONDS: "2" } })));
after(() => stack.stop());

it("the sweep finishes a killed function's reply and notifies subscribers", async (t) => {
  const chat = openChat(t, stack);
  const sent = chat.sendMessage({ text: script({ tokens: 200, rate: 20 }) });
  await wordsArrived(chat, 10);

  await stack.killMessageFunction();
  await sent;
  assert.equal(chat.error?.message, "The reply was interrupted. What had arrived is kept.");
  await chat.resumeStream();

  assert.equal(chat.error, undefined);
  assert.deepEqual(rolesOf(chat), ["user", "assistant"]);
  assert.equal(textOf(chat.lastMessage), numberedWords(200));
});
