import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WebSocketServer } from "ws";
import { within } from "../../../tests/stock_transport/waiting.js";
import { assertUsable, openClient, startServer } from "./scripted-server.js";

describe("the connection", { concurrency: true }, () => {
  it("is opened when it is first needed, and kept", async (t) => {
    const server = await startServer(t);
    const { client, states } = openClient(t, server);
    assert.deepEqual([client.state.status, server.requests.length], ["closed", 0]);

    await assertUsable(client, server, 0);

    assert.deepEqual(states, ["connecting", "open"]);
    assert.equal(server.requests.length, 1);
  });

  it("asks for another token each time it is opened, and keeps the rest of the address", async (t) => {
    const server = await startServer(t);
    let tokens = 0;
    const { client } = openClient(t, server, { url: `${server.url}live?stage=test`, token: async () => `token-${++tokens}` });
    client.connect();
    (await server.connection(0)).cut();
    await server.connection(1);

    assert.deepEqual(
      server.requests.map(({ pathname, search }) => pathname + search),
      ["/live?stage=test&token=token-1", "/live?stage=test&token=token-2"],
    );
  });

  it("reconnects with another token when its own has expired, and repeats the rejected request", async (t) => {
    const server = await startServer(t);
    let tokens = 0;
    const { client } = openClient(t, server, { token: () => `token-${++tokens}` });
    const asked = [client.describe(), client.conversations.list()];
    const first = await server.connection(0);
    for (const type of ["server.describe", "conversations.list"]) {
      const { requestId } = await first.frame(type);
      first.send({ type: "error", requestId, code: "unauthorized", errorText: "Please sign in again." });
    }
    first.close(1000);

    const second = await server.connection(1);
    for (const type of ["server.describe", "conversations.list"]) {
      const { requestId } = await second.frame(type);
      second.send({ type: "result", requestId, data: { of: type } });
    }

    assert.deepEqual(await Promise.all(asked), [{ of: "server.describe" }, { of: "conversations.list" }]);
    assert.deepEqual(
      server.requests.map(({ search }) => search),
      ["?token=token-1", "?token=token-2"],
    );
  });

  it("is not opened again and again when the server refuses every token: what is asked fails", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    const asked = client.describe();
    for (const number of [0, 1]) {
      const connection = await server.connection(number);
      const { requestId } = await connection.frame("server.describe");
      connection.send({ type: "error", requestId, code: "unauthorized", errorText: "Please sign in again." });
    }

    await assert.rejects(asked, { code: "unauthorized" });
    assert.equal(server.requests.length, 2);
  });

  it("carries the token as a subprotocol where that is wanted", async (t) => {
    const offered = [];
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: (all) => offered.push(...all) && "chat" });
    t.after(() => server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `ws://127.0.0.1:${server.address().port}`;
    const { client, isOpen } = openClient(t, { url }, { protocols: () => ["chat", "bearer.abc"] });

    client.connect();
    await isOpen();

    assert.deepEqual(offered, ["chat", "bearer.abc"]);
  });

  it("that is refused is retried, reported as refused, and then fails pending requests", async (t) => {
    const server = await startServer(t, { refuse: () => true });
    const { client, states } = openClient(t, server, { timing: { attempts: 5 } });

    await assert.rejects(client.describe(), (error) => error.code === "unreachable" && /401/.test(error.cause.message));

    assert.deepEqual(states, ["connecting", "reconnecting: unreachable", "reconnecting: refused"]);
    assert.ok(server.requests.length >= 5);
  });

  it("works again once it is refused no more", async (t) => {
    let isRefusing = true;
    const server = await startServer(t, { refuse: () => isRefusing });
    const { client } = openClient(t, server, { timing: { attempts: 2 } });
    await assert.rejects(client.describe(), { code: "unreachable" });

    isRefusing = false;

    await assertUsable(client, server, 0);
  });

  it("whose token cannot be fetched reports that, with the cause", async (t) => {
    const server = await startServer(t);
    const cause = new Error("Nobody is signed in.");
    const token = () => Promise.reject(cause);
    const { client, states } = openClient(t, server, { token, timing: { attempts: 2 } });

    await assert.rejects(client.describe(), (error) => error.code === "unreachable" && error.cause === cause);

    assert.deepEqual(states, ["connecting", "reconnecting: token"]);
    assert.equal(server.requests.length, 0);
  });

  it("whose token does not come in time is tried again, and the token is waited for no longer", async (t) => {
    const server = await startServer(t);
    const signals = [];
    const token = (signal) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const { client, states } = openClient(t, server, { token, timing: { connectMs: 50, attempts: 2 } });

    await assert.rejects(client.describe(), { code: "unreachable" });

    assert.deepEqual(states, ["connecting", "reconnecting: token"]);
    assert.equal(signals[0].aborted, true);
  });

  it("is not opened with a token that comes too late", async (t) => {
    const server = await startServer(t);
    const tokens = [];
    const token = () => new Promise((resolve) => tokens.push(resolve));
    const { client } = openClient(t, server, { token, timing: { connectMs: 50 } });
    client.connect();
    await within(20, () => tokens.length === 2, "a second token to be asked for");

    tokens[0]("late");
    tokens[1]("in time");
    await server.connection(0);

    assert.deepEqual(
      server.requests.map(({ search }) => search),
      ["?token=in+time"],
    );
  });

  it("ignores what is not a frame", async (t) => {
    const server = await startServer(t);
    const { client, isOpen } = openClient(t, server);
    client.connect();
    await isOpen();
    const connection = await server.connection(0);

    for (const frame of [null, 7, "?", [], {}, { message: "Internal server error", connectionId: "c", requestId: "1" }]) {
      connection.send(frame);
    }

    await assertUsable(client, server, 0);
  });

  it("fails pending requests when it is closed, and reopens for later ones", async (t) => {
    const server = await startServer(t);
    const { client, states } = openClient(t, server);
    const asked = client.describe();
    const first = await server.connection(0);
    await first.frame("server.describe");

    client.close();

    await assert.rejects(asked, { code: "closed" });
    await first.closed();
    await assertUsable(client, server, 1);
    assert.deepEqual(states, ["connecting", "open", "closed", "connecting", "open"]);
  });

  it("without a WebSocket class fails with that reason", async (t) => {
    const { WebSocket: own } = globalThis;
    globalThis.WebSocket = undefined;
    t.after(() => (globalThis.WebSocket = own));
    const { client } = openClient(t, { url: "ws://127.0.0.1:9" }, { WebSocket: undefined, timing: { attempts: 1 } });

    await assert.rejects(client.describe(), (error) => /no WebSocket/.test(error.cause.message));
  });
});
