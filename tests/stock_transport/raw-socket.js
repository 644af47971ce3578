// A plain WebSocket, for what the stock transport never sends.
import { WebSocket } from "ws";
import { within } from "./waiting.js";

/** Connects with `token` in the query, or as `protocols` say. Fails with the HTTP status when refused. */
export async function openSocket(t, stack, { token, protocols } = {}) {
  const address = new URL(stack.socketUrl);
  if (token) address.searchParams.set("token", token);
  const socket = new WebSocket(address, protocols);
  const frames = [];
  let closeCode;
  socket.on("message", (data) => frames.push(JSON.parse(data)));
  socket.on("close", (code) => (closeCode = code));
  t.after(() => socket.terminate());

  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("unexpected-response", (_, response) => reject(new Error(`refused with ${response.statusCode}`)));
    socket.once("error", reject);
  });

  return {
    /** The subprotocol that the server chose. */
    protocol: socket.protocol,

    /** All frames so far. */
    frames,

    /** Sends a frame: an object as JSON, a string or bytes as they are. */
    send: (frame, options) => socket.send(typeof frame === "string" || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame), options),

    /** The first frame for `requestId`. */
    answer: (requestId) => within(60, () => frames.find((frame) => frame.requestId === requestId), `an answer to ${requestId}`),

    /** The frame with which the server ends `requestId`: `end`, or an error. */
    last: (requestId) =>
      within(
        60,
        () => frames.find((frame) => frame.requestId === requestId && ["end", "error"].includes(frame.type)),
        `the end of ${requestId}`,
      ),

    /** The code with which the server closes the connection. */
    closed: () => within(60, () => closeCode, "the server to close the connection"),
  };
}

/** Connects as alice. */
export const openSocketOfAlice = async (t, stack) => openSocket(t, stack, { token: await stack.token("alice") });
