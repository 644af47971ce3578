import { STRINGS } from "../strings";
import { isCall } from "./calls";
import { getText, type ChatMessage } from "./chat-message";

/** A note below a reply that did not complete normally, with an optional action. */
export type Remark = { sentence: string; offer?: "again" | "rest" };

/** Returns the remark on an ended reply, if any. */
export function findRemark(message: ChatMessage): Remark | undefined {
  const { status, finishReason, isCut, hasRest, error } = message.metadata ?? {};
  const hasReply = getText(message) !== "" || message.parts.some(isCall);
  const { remarks } = STRINGS;
  if (isCut && hasRest) return { sentence: remarks.cut, offer: "rest" };
  if (!hasReply) return findEmptyRemark(status ?? (finishReason && "complete") ?? (error && "failed"), finishReason);
  if (status === "stopped" || status === "interrupted" || status === "failed") return { sentence: remarks[status] };
  if (finishReason === "length" || finishReason === "content-filter") return { sentence: remarks[finishReason] };
  return undefined;
}

function findEmptyRemark(status: string | undefined, finishReason: string | undefined): Remark | undefined {
  const { emptyRemarks } = STRINGS;
  switch (status) {
    case "stopped":
    case "interrupted":
    case "failed":
      return { sentence: emptyRemarks[status], offer: "again" };
    case "complete":
      return {
        sentence: emptyRemarks[finishReason === "length" || finishReason === "content-filter" ? finishReason : "complete"],
        offer: "again",
      };
  }
  return undefined;
}
