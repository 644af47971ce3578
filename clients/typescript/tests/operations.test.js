import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openClient, startServer } from "./scripted-server.js";

/** A client, and its server's first connection, over which `answer(type, …)` answers the operations of that type one after the other. */
async function connected(t, options) {
  const server = await startServer(t);
  const { client, isOpen } = openClient(t, server, options);
  client.connect();
  await isOpen();
  const connection = await server.connection(0);
  const answer = async (type, ...data) => {
    for (const [number, item] of data.entries()) {
      const { requestId } = await connection.frame(type, number);
      connection.send({ type: "result", requestId, data: item });
    }
  };
  return { server, client, connection, answer };
}

const withoutRequestId = ({ requestId, ...frame }) => frame;

const collect = async (items) => {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
};

const message = (id, ...texts) => ({ id, role: "user", parts: texts.map((text) => ({ type: "text", text })), metadata: {} });

describe("an operation", { concurrency: true }, () => {
  it("sends its fields, and resolves to the answer", async (t) => {
    const { client, connection, answer } = await connected(t);
    const page = { conversations: [{ id: "c1", createdAt: 1, updatedAt: 2 }] };
    const listed = client.conversations.list({ limit: 5 });
    const renamed = client.conversations.rename("c1", "Plans");
    const deleted = client.conversations.delete("c2");
    const rated = client.conversations.rate("c1", "m1", "up", { comment: "Good." });

    await answer("conversations.list", page);
    await answer("conversations.rename", { conversation: { id: "c1", title: "Plans" } });
    await answer("conversations.delete", {});
    await answer("messages.feedback", {});

    assert.deepEqual(await listed, page);
    assert.deepEqual(await renamed, { id: "c1", title: "Plans" });
    await Promise.all([deleted, rated]);
    assert.deepEqual(connection.frames.map(withoutRequestId), [
      { type: "conversations.list", limit: 5 },
      { type: "conversations.rename", id: "c1", title: "Plans" },
      { type: "conversations.delete", id: "c2" },
      { type: "messages.feedback", id: "c1", messageId: "m1", rating: "up", comment: "Good." },
    ]);
  });

  it("fails with the server's code, sentence and details", async (t) => {
    const { client, connection } = await connected(t);
    const asked = client.conversations.get("c1");
    const { requestId } = await connection.frame("conversations.get");

    connection.send({ type: "error", requestId, code: "rate_limited", errorText: "Too fast.", retryAfterMs: 700, details: { a: 1 } });

    await assert.rejects(asked, { name: "NatterError", code: "rate_limited", message: "Too fast.", retryAfterMs: 700, details: { a: 1 } });
  });

  it("is asked again when the connection was lost before its answer", async (t) => {
    const { server, client, connection } = await connected(t);
    const asked = client.describe();
    const first = await connection.frame("server.describe");

    connection.cut();
    const second = await server.connection(1);
    const { requestId } = await second.frame("server.describe");
    second.send({ type: "result", requestId, data: "here" });

    assert.equal(await asked, "here");
    assert.notEqual(requestId, first.requestId);
  });

  it("that is not answered in time fails, and a late answer changes nothing", async (t) => {
    const { client, connection, answer } = await connected(t);

    await assert.rejects(client.conversations.list({ timeoutMs: 20 }), { code: "timed_out" });

    await answer("conversations.list", {});
    const asked = client.describe();
    await answer("server.describe", "usable");
    assert.equal(await asked, "usable");
    assert.equal("timeoutMs" in connection.frames[0], false);
  });

  it("is left by a signal, before or after it was asked", async (t) => {
    const { client, connection } = await connected(t);
    const controller = new AbortController();
    const left = assert.rejects(client.describe({ signal: controller.signal }), { message: "Left." });
    await connection.frame("server.describe");

    controller.abort(new Error("Left."));

    await left;
    await assert.rejects(client.describe({ signal: controller.signal }), { message: "Left." });
    assert.equal(connection.frames.length, 1);
  });
});

describe("a list of many pages", { concurrency: true }, () => {
  it("of conversations is read page by page as far as it is wanted", async (t) => {
    const { client, connection, answer } = await connected(t);
    const conversations = client.conversations.all({ limit: 2 });
    const answered = answer("conversations.list", { conversations: [{ id: "c1" }, { id: "c2" }], nextCursor: "p2" });

    const first = [await conversations.next(), await conversations.next()].map(({ value }) => value.id);
    await answered;
    assert.deepEqual([first, connection.frames.length], [["c1", "c2"], 1]);
    const next = conversations.next();
    const { requestId, ...second } = await connection.frame("conversations.list", 1);
    connection.send({ type: "result", requestId, data: { conversations: [{ id: "c3" }] } });

    assert.equal((await next).value.id, "c3");
    assert.equal((await conversations.next()).done, true);
    assert.deepEqual(second, { type: "conversations.list", limit: 2, cursor: "p2" });
  });

  it("of hits goes on over pages where nothing was found", async (t) => {
    const { client, answer } = await connected(t);
    const found = collect(client.conversations.matches("tea"));

    await answer(
      "conversations.search",
      { hits: [], nextCursor: "p2" },
      { hits: [{ conversationId: "c1" }], nextCursor: "p3" },
      { hits: [] },
    );

    assert.deepEqual(await found, [{ conversationId: "c1" }]);
  });

  it("of a file is put together", async (t) => {
    const { client, answer } = await connected(t);
    const exported = client.conversations.export("c1", "markdown");

    const about = { mediaType: "text/markdown", fileName: "plans.md" };
    await answer("conversations.export", { text: "# Plans\n", ...about, nextCursor: "p2" }, { text: "And more.\n", ...about });

    const { text, mediaType, fileName } = await exported;
    assert.deepEqual({ text, mediaType, fileName }, { text: "# Plans\nAnd more.\n", ...about });
  });
});

describe("a history", { concurrency: true }, () => {
  it("goes back page by page, and each message is whole", async (t) => {
    const { client, connection, answer } = await connected(t);
    const history = collect(client.conversations.history("c1", { branch: "m5" }));

    await answer(
      "conversations.get",
      { messages: [message("m4", "end of four"), message("m5", "five")], nextCursor: "p2" },
      { messages: [message("m3", "three"), message("m4", "Begin and ")], nextCursor: "p3" },
      { messages: [message("m1", "one"), message("m2", "two")] },
    );

    assert.deepEqual(await history, [
      [message("m5", "five")],
      [message("m4", "Begin and end of four")],
      [message("m1", "one"), message("m2", "two"), message("m3", "three")],
    ]);
    assert.deepEqual(connection.frames.map(withoutRequestId).at(1), {
      type: "conversations.get",
      id: "c1",
      branch: "m5",
      cursor: "p2",
    });
  });

  it("puts a message together that is longer than several pages", async (t) => {
    const { client, answer } = await connected(t);
    const history = collect(client.conversations.history("c1"));
    const reasoning = { type: "reasoning", text: "Hm." };

    await answer(
      "conversations.get",
      { messages: [message("m2", "c")], nextCursor: "p2" },
      { messages: [message("m2", "b")], nextCursor: "p3" },
      { messages: [message("m1", "one"), { ...message("m2"), parts: [reasoning, { type: "text", text: "a" }] }] },
    );

    assert.deepEqual(await history, [[message("m1", "one"), { ...message("m2"), parts: [reasoning, { type: "text", text: "abc" }] }]]);
  });

  it("passes over pages that are empty, and a beginning that is cut away whole", async (t) => {
    const { client, answer } = await connected(t);
    const history = collect(client.conversations.history("c1"));

    await answer(
      "conversations.get",
      { messages: [message("m2")], nextCursor: "p2" },
      { messages: [], nextCursor: "p3" },
      { messages: [message("m1", "one"), message("m2", "two")] },
    );

    assert.deepEqual(await history, [[message("m1", "one"), message("m2", "two")]]);
  });

  it("is opened at a message, from where it goes on and back", async (t) => {
    const { client, connection, answer } = await connected(t);
    const page = { messages: [message("m2", "two")], nextCursor: "older", newerCursor: "newer" };
    const opened = client.conversations.get("c1", { at: "m2", limit: 1 });

    await answer("conversations.get", page);

    assert.deepEqual(await opened, page);
    assert.deepEqual(connection.frames.map(withoutRequestId), [{ type: "conversations.get", id: "c1", at: "m2", limit: 1 }]);
  });
});
