import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { within } from "../../../tests/stock_transport/waiting.js";
import { read } from "./reading.js";
import { chunksOf, openClient, startServer } from "./scripted_server.js";

const CONVERSATION = { conversationId: "c1" };
const question = { ...CONVERSATION, text: "Hello?", messageId: "q1" };

/** A client that has sent a message, the first connection, and the frame that came over it. */
async function sent(t, { options, ...more } = {}) {
  const server = await startServer(t);
  const { client } = openClient(t, server, options);
  const turn = client.send({ ...question, ...more });
  const reader = read(turn);
  const connection = await server.connection(0);
  return { server, client, turn, reader, connection, frame: await connection.frame("send") };
}

/** Waits until the reader shows exactly `text`. */
const shows = (reader, text) => within(20, () => reader.shown === text, () => `“${text}”, not “${reader.shown}”`);

const assertReads = async (reader, text, restarts = 0) => {
  await reader.ended;
  assert.deepEqual([reader.error, reader.shown, reader.restarts], [undefined, text, restarts]);
};

describe("a turn", { concurrency: true }, () => {
  it("sends the message as the protocol has it, and gives the reply chunk by chunk", async (t) => {
    const chunks = chunksOf("Hello to you.");
    const { reader, connection, frame } = await sent(t, { body: { model: "big" }, metadata: { from: "test" } });
    assert.deepEqual(frame, {
      type: "send",
      requestId: frame.requestId,
      id: "c1",
      trigger: "submit-message",
      messages: [{ id: "q1", role: "user", parts: [{ type: "text", text: "Hello?" }] }],
      headers: {},
      body: { model: "big" },
      metadata: { from: "test" },
    });

    connection.chunks(frame, chunks);

    await reader.ended;
    assert.deepEqual([reader.error, reader.chunks], [undefined, chunks]);
  });

  it("sends the message again, under its id and another request's, when its connection was lost before an answer", async (t) => {
    const { server, reader, connection, frame } = await sent(t);

    connection.cut();
    const second = await server.connection(1);
    const again = await second.frame("send");
    second.chunks(again, chunksOf("Once."));

    await assertReads(reader, "Once.");
    assert.deepEqual(again.messages, frame.messages);
    assert.notEqual(again.requestId, frame.requestId);
  });

  it("resumes on another connection and does not repeat what was shown", async (t) => {
    const chunks = chunksOf("One two three four.");
    const { server, reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunks.slice(0, 4));
    await shows(reader, "One two ");

    connection.cut();
    const second = await server.connection(1);
    const resume = await second.frame("resume");
    second.send({ type: "start", requestId: resume.requestId });
    // A replay is cut into other pieces.
    second.chunks(resume, [...chunks.slice(0, 2), { type: "text-delta", id: "0", delta: "One two three " }, ...chunks.slice(5)]);

    await assertReads(reader, "One two three four.");
    assert.equal(resume.id, "c1");
    assert.deepEqual(
      reader.chunks.filter(({ type }) => type === "text-delta").map(({ delta }) => delta),
      ["One ", "two ", "three ", "four."],
    );
  });

  it("begins again, with all there is, when it was written anew and differs", async (t) => {
    const { server, reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunksOf("One two three four.").slice(0, 5));
    await shows(reader, "One two three ");

    connection.cut();
    const second = await server.connection(1);
    second.chunks(await second.frame("resume"), chunksOf("One too many."));

    await assertReads(reader, "One too many.", 1);
  });

  it("begins again when it was written anew and is shorter", async (t) => {
    const { server, reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunksOf("One two three four.").slice(0, 5));
    await shows(reader, "One two three ");

    connection.cut();
    const second = await server.connection(1);
    second.chunks(await second.frame("resume"), chunksOf("One two "));

    await assertReads(reader, "One two ", 1);
  });

  it("goes on with another writer when it was interrupted", async (t) => {
    const chunks = chunksOf("One two three.");
    const { reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunks.slice(0, 3));

    connection.send({ type: "error", requestId: frame.requestId, code: "interrupted", errorText: "Broken off." });
    connection.chunks(await connection.frame("resume"), chunks);

    await assertReads(reader, "One two three.");
  });

  it("that is interrupted again and again fails in the end, and keeps what came", async (t) => {
    const { reader, connection, frame } = await sent(t, { options: { timing: { firstRetryMs: 1 } } });
    connection.chunks(frame, chunksOf("One two three.").slice(0, 3));
    const interrupt = ({ requestId }) =>
      connection.send({ type: "error", requestId, code: "interrupted", errorText: "Broken off." });

    interrupt(frame);
    for (let time = 0; time < 5; time++) interrupt(await connection.frame("resume", time));

    await reader.ended;
    assert.deepEqual([reader.error.code, reader.shown], ["interrupted", "One "]);
  });

  it("that failed gives all that came, and then the error with its code and details", async (t) => {
    const { reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunksOf("One two three.").slice(0, 4));

    const details = { messageId: "m1" };
    const { requestId } = frame;
    connection.send({ type: "error", requestId, code: "model_overloaded", errorText: "Too busy.", retryAfterMs: 1500, details });

    await reader.ended;
    const { code, message, retryAfterMs } = reader.error;
    assert.deepEqual([reader.shown, code, message, retryAfterMs], ["One two ", "model_overloaded", "Too busy.", 1500]);
    assert.deepEqual(reader.error.details, details);
  });

  it("passes over a chunk that comes twice", async (t) => {
    const chunks = chunksOf("One two.");
    const { reader, connection, frame } = await sent(t);

    connection.chunks(frame, chunks.slice(0, 3));
    connection.chunks(frame, chunks.slice(2), 2);

    await assertReads(reader, "One two.");
  });

  it("asks for the whole reply when a chunk is missing", async (t) => {
    const chunks = chunksOf("One two three.");
    const { reader, connection, frame } = await sent(t);

    connection.chunks(frame, chunks.slice(0, 3));
    connection.chunks(frame, chunks.slice(4), 4);
    connection.chunks(await connection.frame("resume"), chunks);

    await assertReads(reader, "One two three.");
  });

  it("asks again when nothing has come of it for long", async (t) => {
    const chunks = chunksOf("One two.");
    const { reader, connection, frame } = await sent(t, { options: { timing: { quietMs: 50 } } });
    // Nobody has answered: perhaps nobody got it. The next one is answered, and then falls silent as well.
    connection.answer = (asked) => connection.chunks(asked, asked.type === "send" ? chunks.slice(0, 3) : chunks);

    await assertReads(reader, "One two.");
    assert.deepEqual((await connection.frame("send", 1)).messages, frame.messages);
    await connection.frame("resume");
  });

  it("that had ended while there was no connection is finished with what is stored", async (t) => {
    const { server, reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunksOf("One two three.").slice(0, 3));
    await shows(reader, "One ");
    connection.cut();

    const second = await server.connection(1);
    const resume = await second.frame("resume");
    second.send({ type: "no-active", requestId: resume.requestId });
    const get = await second.frame("conversations.get");
    const metadata = { status: "complete", finishReason: "length", model: "demo" };
    const message = { id: "m1", role: "assistant", parts: [{ type: "text", text: "One two three." }], metadata };
    second.send({ type: "result", requestId: get.requestId, data: { conversation: {}, messages: [message] } });

    await assertReads(reader, "One two three.");
    assert.deepEqual([get.id, get.branch], ["c1", "m1"]);
    assert.deepEqual(reader.chunks.at(-1), { type: "finish", finishReason: "length", messageMetadata: metadata });
  });

  it("that had ended when another one runs is finished with what is stored", async (t) => {
    const { server, reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunksOf("One two.").slice(0, 3));
    await shows(reader, "One ");
    connection.cut();

    const second = await server.connection(1);
    second.chunks(await second.frame("resume"), chunksOf("Another reply.", "m2").slice(0, 3));
    const get = await second.frame("conversations.get");
    const message = { id: "m1", role: "assistant", parts: [{ type: "text", text: "One two" }], metadata: { status: "stopped" } };
    second.send({ type: "result", requestId: get.requestId, data: { conversation: {}, messages: [message] } });

    await assertReads(reader, "One two");
    assert.deepEqual(reader.chunks.at(-1), { type: "abort", reason: "stopped" });
  });

  it("whose conversation was deleted meanwhile says so", async (t) => {
    const { server, reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunksOf("One two.").slice(0, 3));
    await shows(reader, "One ");
    connection.cut();

    const second = await server.connection(1);
    second.send({ type: "no-active", requestId: (await second.frame("resume")).requestId });
    const { requestId } = await second.frame("conversations.get");
    second.send({ type: "error", requestId, code: "not_found", errorText: "It does not exist." });

    await reader.ended;
    assert.deepEqual([reader.error.code, reader.shown], ["not_found", "One "]);
  });

  it("moves to another connection when the first will be closed, and shows no word twice", async (t) => {
    const chunks = chunksOf("One two three.");
    const { server, reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunks.slice(0, 4));

    connection.send({ type: "notice", requestId: "-", notice: "reconnect" });
    const second = await server.connection(1);
    second.chunks(await second.frame("resume"), chunks);

    await assertReads(reader, "One two three.");
  });
});

describe("a regeneration", { concurrency: true }, () => {
  const regenerate = "m0";

  it("names the reply that does not please", async (t) => {
    const { reader, connection, frame } = await sent(t, { regenerate });
    assert.deepEqual([frame.trigger, frame.messageId], ["regenerate-message", "m0"]);
    connection.chunks(frame, chunksOf("Better."));
    await assertReads(reader, "Better.");
  });

  it("that may have arrived is looked for before it is asked for again", async (t) => {
    const { server, reader, connection } = await sent(t, { regenerate });
    connection.cut();

    const second = await server.connection(1);
    second.chunks(await second.frame("resume"), chunksOf("Better."));

    await assertReads(reader, "Better.");
    assert.equal(second.frames.filter(({ type }) => type === "send").length, 0);
  });

  it("that never arrived is asked for again", async (t) => {
    const { server, reader, connection } = await sent(t, { regenerate });
    connection.cut();

    const second = await server.connection(1);
    second.send({ type: "no-active", requestId: (await second.frame("resume")).requestId });
    second.chunks(await second.frame("send"), chunksOf("Better."));

    await assertReads(reader, "Better.");
  });

  it("that never arrived is not mistaken for the reply that does not please", async (t) => {
    const { server, reader, connection } = await sent(t, { regenerate });
    connection.cut();

    const second = await server.connection(1);
    second.chunks(await second.frame("resume"), chunksOf("Does not please.", "m0"));
    second.chunks(await second.frame("send"), chunksOf("Better."));

    await assertReads(reader, "Better.");
  });
});

describe("a stop", { concurrency: true }, () => {
  it("asks the server to stop, and still gives what was written until then", async (t) => {
    const chunks = chunksOf("One two three.");
    const { reader, turn, connection, frame } = await sent(t);
    connection.chunks(frame, chunks.slice(0, 3));
    await shows(reader, "One ");

    turn.stop();
    const { requestId } = await connection.frame("abort");
    connection.chunks(frame, [chunks[3], { type: "abort", reason: "stopped" }], 3);

    await assertReads(reader, "One two ");
    assert.equal(requestId, frame.requestId);
  });

  it("before the server has answered is asked for when it does", async (t) => {
    const { reader, turn, connection, frame } = await sent(t);

    turn.stop();
    connection.chunks(frame, chunksOf("One").slice(0, 1));
    const { requestId } = await connection.frame("abort");
    connection.chunks(frame, [{ type: "abort" }], 1);

    await assertReads(reader, "");
    assert.equal(requestId, frame.requestId);
  });

  it("without a connection sends no message any more", async (t) => {
    const server = await startServer(t, { refuse: () => true });
    const { client } = openClient(t, server);
    const turn = client.send(question);
    const reader = read(turn);

    turn.stop();

    await assertReads(reader, "", -1);
  });

  it("of a message that may have arrived looks for its reply, and stops that", async (t) => {
    const { server, reader, turn, connection } = await sent(t);
    connection.cut();
    turn.stop();

    const second = await server.connection(1);
    const resume = await second.frame("resume");
    second.send({ type: "start", requestId: resume.requestId });
    const { requestId } = await second.frame("abort");
    second.chunks(resume, [{ type: "start", messageId: "m1" }, { type: "abort", reason: "stopped" }]);

    await assertReads(reader, "");
    assert.equal(requestId, resume.requestId);
  });

  it("by a signal ends the reading at once, with the signal's reason, and stops the reply", async (t) => {
    const controller = new AbortController();
    const { reader, connection, frame } = await sent(t, { signal: controller.signal });
    connection.chunks(frame, chunksOf("One two.").slice(0, 3));
    await shows(reader, "One ");

    controller.abort(new Error("Enough."));

    await reader.ended;
    assert.equal(reader.error.message, "Enough.");
    await connection.frame("abort");
  });

  it("by a signal that was given before sends nothing", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);

    const reader = read(client.send({ ...question, signal: AbortSignal.abort(new Error("Never mind.")) }));

    await reader.ended;
    assert.equal(reader.error.message, "Never mind.");
    assert.equal(server.requests.length, 0);
  });

  it("is no stop when the reader merely leaves: the reply goes on at the server", async (t) => {
    const { client, turn, connection, frame } = await sent(t);
    connection.chunks(frame, chunksOf("One two.").slice(0, 3));

    await turn.return();
    const asked = client.describe();
    const { requestId } = await connection.frame("server.describe");
    connection.send({ type: "result", requestId, data: "usable" });

    assert.equal(await asked, "usable");
    assert.equal(connection.frames.some(({ type }) => type === "abort"), false);
  });
});

describe("resume", { concurrency: true }, () => {
  it("follows the reply that runs, from its beginning", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    const resumed = client.resume(CONVERSATION);
    const connection = await server.connection(0);
    const frame = await connection.frame("resume");

    connection.send({ type: "start", requestId: frame.requestId });
    connection.chunks(frame, chunksOf("From the beginning."));

    await assertReads(read(await resumed), "From the beginning.");
  });

  it("is null where nothing runs", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    const resumed = client.resume(CONVERSATION);
    const connection = await server.connection(0);
    const { requestId } = await connection.frame("resume");

    connection.send({ type: "no-active", requestId });

    assert.equal(await resumed, null);
  });

  it("fails as the server says, or as the signal does", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    const controller = new AbortController();
    const refused = assert.rejects(client.resume(CONVERSATION), { code: "not_found" });
    const left = assert.rejects(client.resume({ conversationId: "c2", signal: controller.signal }), { message: "Too late." });
    const connection = await server.connection(0);
    const { requestId } = await connection.frame("resume");

    connection.send({ type: "error", requestId, code: "not_found", errorText: "It does not exist." });
    controller.abort(new Error("Too late."));

    await Promise.all([refused, left]);
  });
});

describe("a message that is too long", { concurrency: true }, () => {
  it("is refused before it is sent, by its size in bytes, and the connection goes on", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    // 11,000 characters, of three bytes each.
    const reader = read(client.send({ ...question, text: "世".repeat(11_000) }));

    await reader.ended;

    assert.equal(reader.error.code, "message_too_large");
    assert.equal(reader.error.details.limit, 32_768);
    assert.ok(reader.error.details.bytes > 33_000);
    const connection = await server.connection(0);
    const next = read(client.send(question));
    connection.chunks(await connection.frame("send"), chunksOf("Fine."));
    await assertReads(next, "Fine.");
    assert.equal(server.requests.length, 1);
  });

  it("for which the server closes the connection is not sent again", async (t) => {
    const { server, reader, connection } = await sent(t);

    connection.close(1009);

    await reader.ended;
    assert.equal(reader.error.code, "message_too_large");
    const second = await server.connection(1);
    assert.deepEqual(second.frames, []);
  });

  it("of one leaves the reply of another alone", async (t) => {
    const chunks = chunksOf("One two.");
    const { server, client, reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunks.slice(0, 3));
    await shows(reader, "One ");
    const tooLong = read(client.send({ ...question, messageId: "q2" }));
    await connection.frame("send", 1);

    connection.close(1009);
    const second = await server.connection(1);
    second.chunks(await second.frame("resume"), chunks);

    await assertReads(reader, "One two.");
    await tooLong.ended;
    assert.equal(tooLong.error.code, "message_too_large");
  });
});
