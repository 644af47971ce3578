import type { UIMessage } from "ai";

type Part = UIMessage["parts"][number];
type ToolPart = Extract<Part, { toolCallId: string }>;

/**
 * Finds the message whose calls a chat answers with its request: a reply. A frame holds 32 KB, so it is reduced to the answers to the
 * calls of its last step, the only ones that can be open.
 */
export function findAnswered(messages: readonly UIMessage[], messageId: string | undefined) {
  const message = messageId === undefined ? messages.at(-1) : messages.findLast(({ id }) => id === messageId);
  if (message?.role !== "assistant") return undefined;
  const { id, role, parts } = message;
  const lastStep = parts.slice(parts.findLastIndex(({ type }) => type === "step-start") + 1);
  return { id, role, parts: lastStep.flatMap(toAnswer) };
}

function toAnswer(part: Part): object[] {
  if (!("toolCallId" in part)) return [];
  const { type, toolCallId, state, approval, output, errorText, providerExecuted }: Partial<ToolPart> = part;
  // What became of an approved call is the server's to know.
  if (approval?.approved !== undefined) {
    const { id, approved, reason } = approval;
    return [{ type, toolCallId, state: "approval-responded", approval: { id, approved, reason } }];
  }
  if (providerExecuted || (state !== "output-available" && state !== "output-error")) return [];
  return [{ type, toolCallId, state, output, errorText }];
}
