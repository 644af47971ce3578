// Turns of the scripted model, and what became of its calls.
import { randomUUID } from "node:crypto";
import { script } from "../stock_transport/scripted-model.js";

/** A turn in which the model does this step by step; `{ text, outcomes }`, each outcome an output or an error. */
export async function act(socket, steps) {
  const requestId = randomUUID();
  const message = { id: randomUUID(), role: "user", parts: [{ type: "text", text: script({ rate: 0, steps }) }] };
  socket.send({ type: "send", requestId, id: randomUUID(), trigger: "submit-message", messages: [message], headers: {}, body: {} });
  await socket.last(requestId);
  const chunks = socket.frames.filter((frame) => frame.requestId === requestId && frame.type === "chunk").map(({ chunk }) => chunk);
  const text = chunks.filter(({ type }) => type === "text-delta").map(({ delta }) => delta);
  const ended = chunks.filter(({ type }) => type.startsWith("tool-output-"));
  return { text: text.join(""), outcomes: ended.map(({ output, errorText }) => output ?? errorText) };
}

/** A step in which the model calls tools: pairs of a name and arguments. */
export const calling = (...calls) => ({ calls: calls.map(([name, args]) => ({ name, arguments: args })) });
