import type { Chunk } from "./protocol.js";

/** An answer to a call that a waiting reply has made. */
export type Answer = {
  /** The call. */
  toolCallId: string;
} & (
  | {
      /** Whether the call may be executed. */
      approved: boolean;
      /** Why, for the model. */
      reason?: string | undefined;
    }
  /** What a tool of the client's returned, or what was answered to a question: a text, or any JSON. */
  | { output: unknown }
  /** Why a tool of the client's did not return anything, in a sentence. */
  | { errorText: string }
);

/** Converts an answer to the part of a message, as the AI SDK has it. */
export function toPart(answer: Answer): object {
  const { toolCallId, ...content } = answer;
  const part = { type: "dynamic-tool", toolCallId };
  if ("approved" in content) return { ...part, state: "approval-responded", approval: { id: toolCallId, ...content } };
  return { ...part, state: "output" in content ? "output-available" : "output-error", ...content };
}

/**
 * Leaves out what the reader of a reply had before answering these calls: of a whole reply everything up to the end of the step that made
 * them, and in any case the requests for approval behind that step. One that came again would undo an answer.
 */
export function createContinuation(toolCallIds: ReadonlySet<string>, isWhole: boolean): (chunk: Chunk) => boolean {
  let place: "before" | "in the step" | "behind it" | "new" = isWhole ? "before" : "behind it";
  return (chunk) => {
    const { type } = chunk;
    if (type === "start" || type === "finish" || type === "abort") return true;
    if (type === "start-step" && place === "behind it") place = "new";
    const isNew = place === "new" || (place === "behind it" && type !== "tool-approval-request");
    if (type === "tool-input-available" && toolCallIds.has(chunk.toolCallId)) place = "in the step";
    if (type === "finish-step" && place === "in the step") place = "behind it";
    return isNew;
  };
}
