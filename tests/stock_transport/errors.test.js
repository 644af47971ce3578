import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "./local-stack.js";
import { numberedWords, script } from "./scripted-model.js";
import { ask, openChat, promptOf, rolesOf, textOf } from "./stock-client.js";

describe("a model that fails", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  it("is reported in a plain sentence, and the next message is answered", async (t) => {
    const chat = openChat(t, stack);

    await chat.sendMessage({ text: script({ status: 401 }) });

    assert.equal(chat.status, "error");
    assert.match(chat.error.message, /^This service is misconfigured .*the model's server refuses the API key \(status 401\)\)$/);
    assert.equal(textOf(await ask(chat, script({ text: "Better now." }))), "Better now.");
  });

  it("in the middle of a reply keeps the partial text", async (t) => {
    const chat = openChat(t, stack);

    await chat.sendMessage({ text: script({ tokens: 100, cutAfter: 20 }) });

    assert.equal(chat.status, "error");
    assert.match(chat.error.message, /^[A-Z].*\.$/);
    // The stock client drops what it had not yet shown when an error comes; what is kept is the next test's matter.
    assert.ok(numberedWords(20).startsWith(textOf(chat.lastMessage).trim()));
    assert.equal(textOf(await ask(chat, script({ text: "Better now." }))), "Better now.");
  });

  it("in the middle of a reply, then a resume, replays the kept text", async (t) => {
    const chat = openChat(t, stack);
    await chat.sendMessage({ text: script({ tokens: 100, cutAfter: 20 }) });
    assert.equal(chat.status, "error");

    await chat.resumeStream();

    assert.equal(chat.status, "ready");
    assert.deepEqual(rolesOf(chat), ["user", "assistant"]);
    const shown = textOf(chat.lastMessage);
    assert.ok(shown !== "" && numberedWords(20).startsWith(shown.trim()));
    // Another text than in the test before, which runs beside this one: the model's call is found by it.
    const next = script({ text: "Better after the resume." });
    await ask(chat, next);
    assert.equal(promptOf(await stack.modelCall(next))[1], `assistant: ${shown}`);
  });
});
