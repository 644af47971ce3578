import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { newId } from "@natter/client";
import { startLocalStack } from "../../../tests/stock_transport/local-stack.js";
import { numberedWords, script } from "../../../tests/stock_transport/scripted-model.js";
import { openClient } from "./a-client.js";
import { openChat, textOf, VERSIONS, wordsArrived } from "./chat.js";
import { read } from "./reading.js";

const LEASE_SECONDS = 2;
const SHORT_TIMEOUTS = { timing: { quietMs: 1000 } };

// One after the other, since a kill meets every turn of the stack.
describe("a function that is killed in mid-reply", () => {
  let stack;
  before(async () => (stack = await startLocalStack({ variables: { LEASE_SECONDS: `${LEASE_SECONDS}` } })));
  after(() => stack.stop());

  it("is replaced by another, and the reader sees each word once", async (t) => {
    const client = openClient(t, stack, SHORT_TIMEOUTS);
    const text = script({ tokens: 150, rate: 30 });
    const reader = read(client.send({ conversationId: newId(), text }));
    await reader.words(40);

    await stack.killMessageFunction();
    await reader.ended;

    assert.equal(reader.error, undefined);
    assert.equal(reader.shown, numberedWords(150));
    assert.equal(reader.restarts, 0);
    assert.equal((await stack.modelCalls(text)).length, 2);
  });

  it("twice leaves what was stored, and the next message is answered", async (t) => {
    const client = openClient(t, stack, SHORT_TIMEOUTS);
    const conversationId = newId();
    const reader = read(client.send({ conversationId, text: script({ tokens: 300, rate: 30 }) }));

    for (const count of [40, 80]) {
      await reader.words(count);
      await stack.killMessageFunction();
    }
    await reader.ended;

    assert.equal(reader.error, undefined);
    assert.deepEqual(reader.chunks.at(-1), { type: "abort", reason: "interrupted" });
    assert.ok(reader.shown && numberedWords(300).startsWith(reader.shown.trim()));
    const next = await read(client.send({ conversationId, text: script({ text: "On we go." }) })).ended;
    assert.equal(next.shown, "On we go.");
  });

  for (const [version, ai] of Object.entries(VERSIONS)) {
    it(`costs a chat of ${version} nothing`, async (t) => {
      const chat = openChat(t, ai, stack, SHORT_TIMEOUTS);
      const text = script({ tokens: 150, rate: 30 });
      const sent = chat.sendMessage({ text });
      await wordsArrived(chat, 40);

      await stack.killMessageFunction();
      await sent;

      assert.equal(chat.error, undefined);
      assert.deepEqual(chat.messages.map(textOf), [text, numberedWords(150)]);
    });
  }
});

describe("many replies", () => {
  it("come whole while connections vanish and posts are lost", async (t) => {
    const FAULTS = "post410:0.02,drop:0.02,post429:0.05,delay:0.02,seed=11";
    const stack = await startLocalStack({ variables: { FAULTS } });
    t.after(() => stack.stop());
    const clients = Array.from({ length: 4 }, () => openClient(t, stack, SHORT_TIMEOUTS));

    const readers = clients.flatMap((client) =>
      [0, 1, 2].map(() => read(client.send({ conversationId: newId(), text: script({ tokens: 150, rate: 40 }) }))),
    );

    for (const reader of readers) {
      await reader.ended;
      assert.equal(reader.error, undefined);
      assert.equal(reader.shown, numberedWords(150));
      assert.equal(reader.restarts, 0);
    }
  });
});
