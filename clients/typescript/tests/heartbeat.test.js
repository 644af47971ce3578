import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openClient, startServer } from "./scripted-server.js";

// One after the other: the second moves the clock, which all tests of a file share.
describe("a connection", () => {
  it("over which nothing comes is looked into soon, however much is asked over it meanwhile", async (t) => {
    const server = await startServer(t);
    const { client, isOpen } = openClient(t, server, { timing: { pingMs: 500, answerMs: 60_000 } });
    client.connect();
    await isOpen();
    const asking = setInterval(() => client.describe().catch(() => {}), 50);
    t.after(() => clearInterval(asking));

    await (await server.connection(0)).frame("ping");
  });

  it("is not asked whether it is there once nothing is awaited", async (t) => {
    const server = await startServer(t);
    const { client, isOpen } = openClient(t, server, { timing: { pingMs: 500, idlePingMs: 1_000 } });
    client.connect();
    await isOpen();
    const connection = await server.connection(0);
    connection.answer = ({ type, requestId }) => type === "server.describe" && connection.send({ type: "result", requestId, data: {} });

    t.mock.timers.enable({ apis: ["setTimeout"] });
    await client.describe();
    t.mock.timers.tick(800);
    await client.describe();
    t.mock.timers.reset();

    assert.deepEqual(
      connection.frames.map(({ type }) => type),
      ["server.describe", "server.describe"],
    );
  });
});
