// Clients of the local stack, whose connections a test can cut.
import { once } from "node:events";
import { createClient } from "@natter/client";
import { WebSocket } from "ws";
import { within } from "../../../tests/stock_transport/waiting.js";

/** A client of `user` at `stack`, which is closed when the test `t` ends. */
export function openClient(t, stack, { user = "alice", ...options } = {}) {
  const client = createClient({ url: stack.socketUrl, token: () => stack.token(user), WebSocket, ...options });
  t.after(() => client.close());
  return client;
}

/** A client like that of `openClient`, and a function that cuts its connections as a network does: at once and without a word. */
export function openFragileClient(t, stack, options) {
  const { FragileSocket, cut } = fragileSockets();
  return { client: openClient(t, stack, { WebSocket: FragileSocket, ...options }), cut };
}

/** A class of sockets, and a function that cuts all there are. */
export function fragileSockets() {
  const sockets = new Set();
  class FragileSocket extends WebSocket {
    constructor(...parameters) {
      super(...parameters);
      this.once("open", () => sockets.add(this));
      this.once("close", () => sockets.delete(this));
    }
  }
  const cut = async () => {
    await within(60, () => sockets.size > 0, "a connection to cut");
    const closed = [...sockets].map((socket) => {
      socket.terminate();
      return once(socket, "close");
    });
    await Promise.all(closed);
  };
  return { FragileSocket, cut };
}
