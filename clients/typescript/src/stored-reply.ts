import type { Chunk, HistoryMessage, ToolPart } from "./protocol.js";

/** Converts a stored message to the chunks that would have streamed it. The ids of its texts are for `Transcript` to give. */
export function toChunks({ id, parts, metadata }: HistoryMessage): Chunk[] {
  const { status = "interrupted" } = metadata;
  const hasFinished = status === "complete" || status === "waiting";
  const chunks: Chunk[] = [{ type: "start", messageId: id }];
  let calls: ToolPart[] = [];
  let isInStep = false;
  const endStep = () => {
    if (isInStep) chunks.push({ type: "finish-step" });
    chunks.push(...calls.flatMap(toRequest), ...calls.flatMap(toOutcomes));
    calls = [];
  };
  for (const part of parts) {
    if ("toolCallId" in part) {
      calls.push(part);
      chunks.push(toInput(part));
    } else if (part.type === "step-start") {
      endStep();
      isInStep = true;
      chunks.push({ type: "start-step" });
    } else if (part.type === "source-url") {
      chunks.push(part);
    } else {
      const { type, text } = part;
      chunks.push({ type: `${type}-start`, id: "" }, { type: `${type}-delta`, id: "", delta: text }, { type: `${type}-end`, id: "" });
    }
  }
  // The client's own calls keep a stock chat from sending by itself.
  const asksClient = calls.some(({ approval, providerExecuted }) => approval || !providerExecuted);
  // A step that was broken off in the model's writing has no end; one with calls may have.
  if (hasFinished || calls.length) endStep();
  const finishReason = metadata.finishReason ?? (status === "waiting" ? "tool-calls" : "stop");
  if (hasFinished) chunks.push({ type: "finish", finishReason, messageMetadata: metadata });
  else if (status === "stopped" && asksClient) chunks.push({ type: "finish", finishReason: "interrupted", messageMetadata: metadata });
  else if (status !== "failed") chunks.push({ type: "abort", reason: status });
  return chunks;
}

function toInput({ type, toolCallId, state, input, approval, providerExecuted }: ToolPart): Chunk {
  const toolName = type.slice("tool-".length);
  if (state === "input-streaming") return { type: "tool-input-start", toolCallId, toolName };
  // A call that the user has allowed is the server's only from then on.
  const isServers = providerExecuted && !approval;
  return { type: "tool-input-available", toolCallId, toolName, input, ...(isServers && { providerExecuted }) };
}

const toRequest = ({ toolCallId, approval }: ToolPart): Chunk[] =>
  approval ? [{ type: "tool-approval-request", approvalId: approval.id, toolCallId }] : [];

function toOutcomes({ toolCallId, state, output, errorText = "", approval }: ToolPart): Chunk[] {
  const chunks: Chunk[] = [];
  if (approval?.approved !== undefined) {
    const { id: approvalId, approved, reason } = approval;
    chunks.push({ type: "tool-approval-response", approvalId, approved, ...(reason && { reason }), providerExecuted: true });
  }
  if (state === "output-available") chunks.push({ type: "tool-output-available", toolCallId, output });
  else if (state === "output-error") chunks.push({ type: "tool-output-error", toolCallId, errorText });
  else if (state === "output-denied") chunks.push({ type: "tool-output-denied", toolCallId });
  return chunks;
}
