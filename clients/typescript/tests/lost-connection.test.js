import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { newId } from "@natter/client";
import { startLocalStack } from "../../../tests/stock_transport/local-stack.js";
import { numberedWords, script } from "../../../tests/stock_transport/scripted-model.js";
import { within } from "../../../tests/stock_transport/waiting.js";
import { openClient, openFragileClient } from "./a-client.js";
import { read } from "./reading.js";

describe("a connection that is lost", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  const assertWhole = async (reader, count) => {
    await reader.ended;
    assert.equal(reader.error, undefined);
    assert.equal(reader.shown, numberedWords(count));
    assert.equal(reader.restarts, 0);
    assert.equal(reader.chunks.at(-1).type, "finish");
  };

  it("in mid-reply is opened again, and the reader sees each word once", async (t) => {
    const { client, cut } = openFragileClient(t, stack);
    const text = script({ tokens: 150, rate: 30 });
    const reader = read(client.send({ conversationId: newId(), text }));

    await reader.words(10);
    await cut();

    await assertWhole(reader, 150);
    assert.equal((await stack.modelCalls(text)).length, 1);
  });

  it("three times in one reply is opened again three times", async (t) => {
    const { client, cut } = openFragileClient(t, stack);
    const reader = read(client.send({ conversationId: newId(), text: script({ tokens: 200, rate: 30 }) }));

    for (const count of [10, 40, 70]) {
      await reader.words(count);
      await cut();
    }

    await assertWhole(reader, 200);
  });

  it("until after the reply's end is opened again, and the rest is shown", async (t) => {
    const { client, cut } = openFragileClient(t, stack, { timing: { firstRetryMs: 4000 } });
    const text = script({ tokens: 40, rate: 40 });
    const reader = read(client.send({ conversationId: newId(), text }));
    await reader.words(10);

    await cut();
    await within(60, async () => (await stack.modelCall(text)).state === "finished", "the model to finish");

    await assertWhole(reader, 40);
  });

  it("is no matter for two replies at once", async (t) => {
    const { client, cut } = openFragileClient(t, stack);
    const readers = [0, 1].map(() => read(client.send({ conversationId: newId(), text: script({ tokens: 100, rate: 30 }) })));
    await Promise.all(readers.map((reader) => reader.words(10)));

    await cut();

    for (const reader of readers) await assertWhole(reader, 100);
  });

  it("before a stop could be sent does not keep it from stopping the model", async (t) => {
    const { client, cut } = openFragileClient(t, stack);
    const text = script({ tokens: 500, rate: 30 });
    const turn = client.send({ conversationId: newId(), text });
    const reader = read(turn);
    await reader.words(10);

    const closed = cut();
    turn.stop();
    await closed;
    await reader.ended;

    assert.equal(reader.error, undefined);
    assert.deepEqual(reader.chunks.at(-1), { type: "abort", reason: "stopped" });
    assert.ok(numberedWords(500).startsWith(reader.shown));
    await within(60, async () => (await stack.modelCall(text)).state === "dropped", "the model call to be dropped");
  });

  it("leaves other clients alone", async (t) => {
    const { client, cut } = openFragileClient(t, stack);
    const conversationId = newId();
    const otherClient = openClient(t, stack);
    assert.equal(await otherClient.resume({ conversationId }), null);
    const reader = read(client.send({ conversationId, text: script({ tokens: 120, rate: 30 }) }));
    await reader.words(10);
    const other = read(await otherClient.resume({ conversationId }));
    await other.words(10);

    await cut();

    await assertWhole(reader, 120);
    await assertWhole(other, 120);
    assert.equal(other.messageId, reader.messageId);
  });
});
