import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { read } from "./reading.js";
import { chunksOf, openClient, startServer } from "./scripted-server.js";
import { assertReads, CONVERSATION } from "./scripted-turn.js";

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
