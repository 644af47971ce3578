import type { Chunk, HistoryMessage } from "./protocol.js";

/** Converts a stored message to the chunks that would have streamed it. */
export function toChunks({ id, parts, metadata }: HistoryMessage): Chunk[] {
  const chunks: Chunk[] = [{ type: "start", messageId: id }];
  parts.forEach(({ type, text }, index) => {
    const id = `${index}`;
    chunks.push({ type: `${type}-start`, id }, { type: `${type}-delta`, id, delta: text }, { type: `${type}-end`, id });
  });
  const { status = "interrupted", finishReason = "stop" } = metadata;
  if (status === "complete") chunks.push({ type: "finish", finishReason, messageMetadata: metadata });
  else if (status !== "failed") chunks.push({ type: "abort", reason: status });
  return chunks;
}
