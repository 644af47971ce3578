import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { read } from "./reading.js";
import { chunksOf, openClient, startServer } from "./scripted-server.js";
import { assertReads, question, sent, shows } from "./scripted-turn.js";

describe("a message that is too long", { concurrency: true }, () => {
  it("is refused before it is sent, by its size in bytes, and the connection goes on", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    // 88,000 characters, of three bytes each.
    const reader = read(client.send({ ...question, text: "世".repeat(88_000) }));

    await reader.ended;

    assert.equal(reader.error.code, "message_too_large");
    assert.deepEqual(reader.error.details, { limit: 262_144, bytes: 264_000 });
    const connection = await server.connection(0);
    const next = read(client.send(question));
    connection.chunks(await connection.frame("send"), chunksOf("Fine."));
    await assertReads(next, "Fine.");
    assert.equal(server.requests.length, 1);
  });

  it("as JSON is refused with as much as would have been taken", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    // Six bytes of JSON each.
    const reader = read(client.send({ ...question, text: "\u0001".repeat(200_000) }));

    await reader.ended;

    const { limit, bytes } = reader.error.details;
    assert.equal(reader.error.code, "message_too_large");
    assert.ok(bytes === 200_000 && limit > 100_000 && limit < 110_000, `${limit} of ${bytes}`);
  });

  it("without a text is refused before it is sent", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);

    await assert.rejects(client.conversations.rename("c1", "x".repeat(33_000)), (error) => {
      assert.deepEqual([error.code, error.details.limit], ["message_too_large", 32_768]);
      return true;
    });
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
