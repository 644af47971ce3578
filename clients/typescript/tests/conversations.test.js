import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { newId } from "@natter/client";
import { startLocalStack } from "../../../tests/stock_transport/local-stack.js";
import { numberedWords, script } from "../../../tests/stock_transport/scripted-model.js";
import { within } from "../../../tests/stock_transport/waiting.js";
import { openClient, openFragileClient } from "./a-client.js";
import { read } from "./reading.js";

describe("conversations", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  /** A client of a user of their own, who has a conversation in which each of `replies` was given. */
  const withConversation = async (t, ...replies) => {
    const user = newId();
    const client = openClient(t, stack, { user });
    const conversationId = newId();
    for (const text of replies) await ask(client, conversationId, text);
    return { user, client, conversationId };
  };
  const ask = async (client, conversationId, text) => {
    const { error } = await read(client.send({ conversationId, text: script({ text }) })).ended;
    assert.equal(error, undefined);
  };
  const textOf = ({ parts }) => parts.map(({ text }) => text).join("");
  const collect = async (items) => {
    const all = [];
    for await (const item of items) all.push(item);
    return all;
  };

  it("are listed, the last used first, over as many pages as there are", async (t) => {
    const { client, conversationId } = await withConversation(t, "One.");
    const others = [newId(), newId()];
    for (const id of others) await ask(client, id, "Two.");

    const listed = await collect(client.conversations.all({ limit: 1 }));

    assert.deepEqual(
      listed.map(({ id }) => id),
      [others[1], others[0], conversationId],
    );
  });

  it("are read back as they were shown", async (t) => {
    const { client, conversationId } = await withConversation(t, "One.", "Two.");

    const pages = await collect(client.conversations.history(conversationId, { limit: 2 }));

    const messages = pages.reverse().flat();
    assert.deepEqual(
      messages.map(({ role }) => role),
      ["user", "assistant", "user", "assistant"],
    );
    assert.deepEqual(messages.filter(({ role }) => role === "assistant").map(textOf), ["One.", "Two."]);
    assert.equal(messages.at(-1).metadata.status, "complete");
  });

  it("hold a message whole that is longer than a page", async (t) => {
    const { client, conversationId } = await withConversation(t);
    const text = script({ tokens: 30_000, chunk: 2_000, rate: 0 });
    const { shown } = await read(client.send({ conversationId, text })).ended;

    const messages = (await collect(client.conversations.history(conversationId))).reverse().flat();

    assert.equal(shown, numberedWords(30_000));
    assert.deepEqual(messages.map(textOf), [text, shown]);
  });

  it("are renamed and deleted, and other devices are notified", async (t) => {
    const { user, client, conversationId } = await withConversation(t, "One.");
    const other = openClient(t, stack, { user });
    const notices = [];
    other.onNotice(({ notice, id, title }) => notices.push({ notice, id, title }));
    await other.describe();

    const { title } = await client.conversations.rename(conversationId, " Plans ");
    await client.conversations.delete(conversationId);
    await client.conversations.delete(conversationId);

    assert.equal(title, "Plans");
    assert.deepEqual(await collect(client.conversations.all()), []);
    await assert.rejects(client.conversations.get(conversationId), { code: "not_found" });
    const told = (notice) => within(20, () => notices.find((told) => told.notice === notice), notice);
    assert.deepEqual(await told("title-changed"), { notice: "title-changed", id: conversationId, title: "Plans" });
    assert.equal((await told("conversation-deleted")).id, conversationId);
  });

  it("that are deleted during a reply end the reply for its reader", async (t) => {
    const { user, client, conversationId } = await withConversation(t);
    const reader = read(client.send({ conversationId, text: script({ tokens: 500, rate: 30 }) }));
    await reader.words(10);

    await openClient(t, stack, { user }).conversations.delete(conversationId);
    await reader.ended;

    assert.deepEqual([reader.error, reader.chunks.at(-1)], [undefined, { type: "abort", reason: "stopped" }]);
    assert.ok(numberedWords(500).startsWith(reader.shown));
  });

  it("of others are not to be had", async (t) => {
    const { conversationId } = await withConversation(t, "A secret.");
    const stranger = openClient(t, stack, { user: newId() });

    assert.deepEqual(await collect(stranger.conversations.all()), []);
    await assert.rejects(stranger.conversations.get(conversationId), { code: "not_found" });
    assert.equal(await stranger.resume({ conversationId }), null);
  });

  it("are asked for again when the connection is lost", async (t) => {
    const { user, conversationId } = await withConversation(t, "One.");
    const { client, cut } = openFragileClient(t, stack, { user });
    client.connect();

    const listed = [collect(client.conversations.all()), cut(), collect(client.conversations.all())];

    for (const conversations of [await listed[0], await listed[2]]) {
      assert.deepEqual(
        conversations.map(({ id }) => id),
        [conversationId],
      );
    }
  });

  it("are served by a server that describes its models and agents", async (t) => {
    const { client } = await withConversation(t);
    const { models, agents, limits } = await client.describe();
    assert.deepEqual([models[0].id, agents.length, limits.frameBytes], ["demo", 1, 32_768]);
  });
});
