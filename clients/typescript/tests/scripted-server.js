// A server that does what a test says, frame by frame.
import assert from "node:assert/strict";
import { createClient } from "@natter/client";
import { WebSocket, WebSocketServer } from "ws";
import { within } from "../../../tests/stock_transport/waiting.js";

/** Short times, so that tests need not wait: nothing is asserted of them. */
const TIMING = { firstRetryMs: 20, longestRetryMs: 50 };

/** A server on a free port, which ends with the test `t`. `refuse()` says whether to refuse a connection with 401. */
export async function startServer(t, { refuse = () => false } = {}) {
  const connections = [];
  const requests = [];
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    verifyClient: ({ req }, done) => {
      requests.push(new URL(req.url, "ws://127.0.0.1"));
      done(!refuse(), 401);
    },
  });
  server.on("connection", (socket) => connections.push(connectionOf(socket)));
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });

  return {
    url: `ws://127.0.0.1:${server.address().port}/`,
    /** The addresses that were asked for, refused ones as well. */
    requests,
    /** All connections so far. */
    connections,
    /** The connection with this number, counted from 0, once it is there. */
    connection: (number) => within(20, () => connections[number], `connection ${number}`),
  };
}

function connectionOf(socket) {
  const frames = [];
  const connection = { frames, answer: () => {}, isSilent: false, closeCode: undefined };
  socket.on("message", (data) => {
    const frame = JSON.parse(data);
    frames.push(frame);
    if (frame.type === "ping" && !connection.isSilent) send({ type: "pong", requestId: frame.requestId });
    connection.answer(frame);
  });
  socket.on("close", (code) => (connection.closeCode = code));
  const send = (frame) => socket.send(JSON.stringify(frame));

  return Object.assign(connection, {
    send,
    /** The frame of this type with this number, counted from 0, once it is there. */
    frame: (type, number = 0) =>
      within(20, () => frames.filter((frame) => frame.type === type)[number], `a frame “${type}”, number ${number}`),
    /** Sends `chunks` for a request, numbered from `first`. */
    chunks: ({ requestId }, chunks, first = 0) =>
      chunks.forEach((chunk, index) => send({ type: "chunk", requestId, sequence: first + index, chunk })),
    /** Answers a question of `client`: what was sent before it has been taken then. */
    answered: async (client) => {
      const before = frames.filter(({ type }) => type === "server.describe").length;
      const asked = client.describe();
      const { requestId } = await connection.frame("server.describe", before);
      send({ type: "result", requestId, data: {} });
      await asked;
    },
    /** Ends the connection without a word, as a network does. */
    cut: () => socket.terminate(),
    close: (code) => socket.close(code),
    closed: () => within(20, () => connection.closeCode !== undefined, "the client to close the connection"),
  });
}

/** A client of `server`, which is closed when the test `t` ends, and the states that its connection has been in. */
export function openClient(t, server, { timing, ...options } = {}) {
  const client = createClient({ url: server.url, WebSocket, timing: { ...TIMING, ...timing }, ...options });
  t.after(() => client.close());
  const states = [];
  client.onState(({ status, reason }) => states.push(reason ? `${status}: ${reason}` : status));
  const isOpen = () => within(20, () => client.state.status === "open", "the connection to be open");
  return { client, states, isOpen };
}

/** Asks something for the first time on the connection with this `number`, and gets the answer. */
export async function assertUsable(client, server, number) {
  const asked = client.describe();
  const connection = await server.connection(number);
  const { requestId } = await connection.frame("server.describe");
  connection.send({ type: "result", requestId, data: { models: [], agents: [] } });
  assert.deepEqual(await asked, { models: [], agents: [] });
}

/** A device whose network and screen a test can switch. */
export function switchableEnvironment() {
  const environment = { online: true, visible: true, listeners: new Set() };
  return Object.assign(environment, {
    isOnline: () => environment.online,
    isVisible: () => environment.visible,
    watch(changed) {
      environment.listeners.add(changed);
      return () => environment.listeners.delete(changed);
    },
    set(values) {
      Object.assign(environment, values);
      environment.listeners.forEach((changed) => changed());
    },
  });
}

/** The chunks of a reply with this `text`, cut into words. */
export const chunksOf = (text, messageId = "m1") => [
  { type: "start", messageId },
  { type: "text-start", id: "0" },
  ...text.split(/(?<= )/).map((delta) => ({ type: "text-delta", id: "0", delta })),
  { type: "text-end", id: "0" },
  { type: "finish", finishReason: "stop", messageMetadata: { model: "demo" } },
];

/** The chunks of a reply with a model call for each of `texts`. */
export const chunksOfSteps = (...texts) => [
  { type: "start", messageId: "m1" },
  ...texts.flatMap((delta, step) => {
    const id = `${step}`;
    const text = [
      { type: "text-start", id },
      { type: "text-delta", id, delta },
      { type: "text-end", id },
    ];
    return [{ type: "start-step" }, ...text, { type: "finish-step" }];
  }),
  { type: "finish", finishReason: "stop", messageMetadata: { model: "demo" } },
];
