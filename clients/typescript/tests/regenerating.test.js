import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chunksOf } from "./scripted-server.js";
import { assertReads, sent } from "./scripted-turn.js";

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
