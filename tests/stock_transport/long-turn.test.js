import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { startLocalStack } from "./local-stack.js";
import { numberedWords, script } from "./scripted-model.js";
import { ask, openChat, textOf } from "./stock-client.js";

let stack;
before(async () => (stack = await startLocalStack()));
after(() => stack.stop());

it("a reply of a minute completes despite the gateway's 29 s timeout", async (t) => {
  const reply = await ask(openChat(t, stack), script({ tokens: 600, rate: 10 }));

  assert.equal(textOf(reply), numberedWords(600));
});
