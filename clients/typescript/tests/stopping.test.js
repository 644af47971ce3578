import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { read } from "./reading.js";
import { chunksOf, openClient, startServer } from "./scripted-server.js";
import { assertReads, question, sent, shows } from "./scripted-turn.js";

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

  it("without a connection sends no further message", async (t) => {
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
    second.chunks(resume, [
      { type: "start", messageId: "m1" },
      { type: "abort", reason: "stopped" },
    ]);

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
    assert.equal(
      connection.frames.some(({ type }) => type === "abort"),
      false,
    );
  });
});
