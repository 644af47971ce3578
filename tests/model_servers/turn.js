import { randomUUID } from "node:crypto";

/** Sends a message over a raw socket, and puts the reply together as a client does. */
export async function turn(socket, conversation, text) {
  const requestId = randomUUID();
  const message = { id: randomUUID(), role: "user", parts: [{ type: "text", text }] };
  socket.send({ type: "send", requestId, id: conversation, trigger: "submit-message", messages: [message], headers: {}, body: {} });
  const last = await socket.last(requestId);
  const chunks = socket.frames.filter((frame) => frame.requestId === requestId && frame.type === "chunk").map(({ chunk }) => chunk);
  const joined = (type) =>
    chunks
      .filter((chunk) => chunk.type === type)
      .map(({ delta }) => delta)
      .join("");
  return {
    text: joined("text-delta"),
    reasoning: joined("reasoning-delta"),
    /** What its tools returned, in the order in which it came. */
    outputs: chunks.filter(({ type }) => type === "tool-output-available").map(({ output }) => output),
    metadata: chunks.findLast(({ type }) => type === "finish")?.messageMetadata,
    /** The code of the error by which it ended, if it did. */
    code: last.code,
  };
}
