import { STRINGS } from "../strings";
import { isTool, getText, type ChatMessage } from "./chat-message";

/** What is said of a reply that did not simply come to its end, and what there is to do about it. */
export type Remark = { sentence: string; offer?: "again" | "rest" };

/** The remark on a reply that is not being written any more, if there is one. */
export function findRemark(message: ChatMessage): Remark | undefined {
  const { status, finishReason, isCut, hasRest, error } = message.metadata ?? {};
  const hasReply = getText(message) !== "" || message.parts.some(isTool);
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
