import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { within } from "../../../tests/stock_transport/waiting.js";
import { assertUsable, openClient, startServer, switchableEnvironment } from "./scripted-server.js";

describe("the connection, once it is open,", { concurrency: true }, () => {
  it("is opened again when it was lost, also while nothing is awaited", async (t) => {
    const server = await startServer(t);
    const { client, states, isOpen } = openClient(t, server);
    client.connect();
    await isOpen();

    (await server.connection(0)).cut();
    await server.connection(1);
    await isOpen();

    assert.deepEqual(states, ["connecting", "open", "reconnecting: lost", "open"]);
    await assertUsable(client, server, 1);
  });

  it("that is silent is replaced by another", async (t) => {
    const server = await startServer(t);
    const { client, states } = openClient(t, server, { timing: { pingMs: 50, pongMs: 200 } });
    const asked = client.describe();
    const first = await server.connection(0);
    first.isSilent = true;

    await first.frame("ping");
    const second = await server.connection(1);
    const { requestId } = await second.frame("server.describe");
    second.send({ type: "result", requestId, data: "alive" });

    assert.equal(await asked, "alive");
    assert.deepEqual(states, ["connecting", "open", "reconnecting: silent", "open"]);
  });

  it("is given up for another also while more is asked over it", async (t) => {
    const environment = switchableEnvironment();
    const server = await startServer(t);
    const { client, isOpen } = openClient(t, server, { environment, timing: { pongMs: 200, answerMs: 60_000 } });
    client.connect();
    await isOpen();
    const first = await server.connection(0);
    first.isSilent = true;

    environment.set({ online: true });
    await first.frame("ping");
    const asking = setInterval(() => client.describe().catch(() => {}), 50);
    t.after(() => clearInterval(asking));

    await server.connection(1);
  });

  it("that is slow to answer, but answers pings, is kept", async (t) => {
    const server = await startServer(t);
    const { client, states } = openClient(t, server, { timing: { pingMs: 20, pongMs: 5000 } });
    const asked = client.describe();
    const connection = await server.connection(0);

    await connection.frame("ping", 3);
    const { requestId } = await connection.frame("server.describe");
    connection.send({ type: "result", requestId, data: "slow" });

    assert.equal(await asked, "slow");
    assert.deepEqual(states, ["connecting", "open"]);
  });

  it("is opened beside the one that will be closed, and then moved to", async (t) => {
    const server = await startServer(t);
    const { client, states, isOpen } = openClient(t, server);
    const notices = [];
    client.onNotice((notice) => notices.push(notice.notice));
    client.connect();
    await isOpen();
    const first = await server.connection(0);

    first.send({ type: "notice", requestId: "-", notice: "reconnect" });
    await server.connection(1);
    await first.closed();

    assert.equal(first.closeCode, 1000);
    assert.deepEqual(states, ["connecting", "open"]);
    assert.deepEqual(notices, ["reconnect"]);
    await assertUsable(client, server, 1);
  });

  it("that cannot be opened beside the one that will be closed leaves that in use", async (t) => {
    let isRefusing = false;
    const server = await startServer(t, { refuse: () => isRefusing });
    const { client, states, isOpen } = openClient(t, server, { timing: { attempts: 1 } });
    client.connect();
    await isOpen();
    isRefusing = true;

    (await server.connection(0)).send({ type: "notice", requestId: "-", notice: "reconnect" });
    await within(20, () => server.requests.length >= 4, "attempts to open another one");
    await assertUsable(client, server, 0);

    assert.deepEqual(states, ["connecting", "open"]);
  });

  it("says that it is offline, and is opened at once when the network is back", async (t) => {
    const environment = switchableEnvironment();
    const server = await startServer(t);
    const timing = { firstRetryMs: 3_600_000, longestRetryMs: 3_600_000 };
    const { client, states, isOpen } = openClient(t, server, { environment, timing });
    client.connect();
    await isOpen();

    environment.set({ online: false });
    (await server.connection(0)).cut();
    await within(20, () => client.state.status === "offline", "the client to be offline");
    environment.set({ online: true });
    await server.connection(1);
    await isOpen();

    assert.deepEqual(states.slice(0, 3), ["connecting", "open", "offline: lost"]);
  });

  it("is pinged at once when the page becomes visible", async (t) => {
    const environment = switchableEnvironment();
    const server = await startServer(t);
    const { client, isOpen } = openClient(t, server, { environment, timing: { pongMs: 200 } });
    client.connect();
    await isOpen();
    const first = await server.connection(0);
    environment.set({ visible: false });
    first.isSilent = true;

    environment.set({ visible: true });

    await first.frame("ping");
    await server.connection(1);
  });

  it("that is being opened for the first time is not reported as lost when the page becomes visible", async (t) => {
    const environment = switchableEnvironment();
    const server = await startServer(t);
    const { client, states, isOpen } = openClient(t, server, { environment });

    client.connect();
    environment.set({ visible: true });
    await isOpen();

    assert.deepEqual(states, ["connecting", "open"]);
  });

  it("is not reopened for a hidden page until it becomes visible", async (t) => {
    const environment = switchableEnvironment();
    const server = await startServer(t);
    const { client, states, isOpen } = openClient(t, server, { environment });
    client.connect();
    await isOpen();
    environment.set({ visible: false });

    (await server.connection(0)).cut();
    await within(20, () => states.includes("reconnecting: lost"), "the connection to be lost");
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(server.requests.length, 1);
    environment.set({ visible: true });

    await server.connection(1);
  });
});
