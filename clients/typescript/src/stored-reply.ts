import type { Chunk, HistoryMessage } from "./protocol.js";

/** Converts a stored message to the chunks that would have streamed it. */
export function toChunks({ id, parts, metadata }: HistoryMessage): Chunk[] {
  const { status = "interrupted", finishReason = "stop" } = metadata;
  const chunks: Chunk[] = [{ type: "start", messageId: id }];
  // A part's id is its number in the log of the reply. The end of a step counts there, and is not a part.
  let entries = 0;
  let isInStep = false;
  const endStep = () => {
    if (!isInStep) return;
    chunks.push({ type: "finish-step" });
    entries++;
  };
  for (const part of parts) {
    if (part.type === "step-start") {
      endStep();
      isInStep = true;
      chunks.push({ type: "start-step" });
    } else {
      const { type, text } = part;
      const id = `${entries}`;
      chunks.push({ type: `${type}-start`, id }, { type: `${type}-delta`, id, delta: text }, { type: `${type}-end`, id });
    }
    entries++;
  }
  if (status === "complete") {
    endStep();
    chunks.push({ type: "finish", finishReason, messageMetadata: metadata });
  } else if (status !== "failed") chunks.push({ type: "abort", reason: status });
  return chunks;
}
