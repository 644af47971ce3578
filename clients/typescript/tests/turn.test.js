import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chunksOf } from "./scripted-server.js";
import { assertReads, endWhileAway, sent, shows } from "./scripted-turn.js";

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

  for (const [how, text] of [
    ["differs", "One too many."],
    ["is shorter", "One two "],
  ]) {
    it(`restarts with the whole reply when another attempt ${how}`, async (t) => {
      const { server, reader, connection, frame } = await sent(t);
      connection.chunks(frame, chunksOf("One two three four.").slice(0, 5));
      await shows(reader, "One two three ");

      connection.cut();
      const second = await server.connection(1);
      second.chunks(await second.frame("resume"), chunksOf(text));

      await assertReads(reader, text, 1);
    });
  }

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
    const interrupt = ({ requestId }) => connection.send({ type: "error", requestId, code: "interrupted", errorText: "Broken off." });

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
    // No response: it may not have arrived. The next one is answered, and then stalls as well.
    connection.answer = (asked) => connection.chunks(asked, asked.type === "send" ? chunks.slice(0, 3) : chunks);

    await assertReads(reader, "One two.");
    assert.deepEqual((await connection.frame("send", 1)).messages, frame.messages);
    await connection.frame("resume");
  });

  it("that had ended while there was no connection is finished with what is stored", async (t) => {
    const { server, reader, connection, frame } = await sent(t);
    connection.chunks(frame, chunksOf("One two three.").slice(0, 3));
    await shows(reader, "One ");

    const metadata = { status: "complete", finishReason: "length", model: "demo" };
    const message = { id: "m1", role: "assistant", parts: [{ type: "text", text: "One two three." }], metadata };
    const get = await endWhileAway({ server, connection }, message);

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

  it("whose conversation was deleted meanwhile fails with that reason", async (t) => {
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
