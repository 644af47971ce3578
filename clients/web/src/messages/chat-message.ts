import type { UIMessage } from "ai";
import type { MessageMetadata } from "@natter/client";
import { isCall } from "./calls";

/** A message as this page holds it. What was just sent or is being written has not all of the metadata yet. */
export type ChatMessage = UIMessage<PageMetadata>;

export type PageMetadata = Partial<MessageMetadata> & {
  /** What the server calls a message that was sent from here and has an id of this page. */
  serverId?: string;
  /** It was stopped on this page, and is shown as it was then. */
  isCut?: boolean;
  /** More of it is stored than is shown. */
  hasRest?: boolean;
};

/** The text of a message, without what was thought or done for it. A blank line separates the text of one step from that of the next. */
export function getText(message: ChatMessage): string {
  let text = "";
  let isNextStep = false;
  for (const part of message.parts) {
    if (part.type === "step-start") isNextStep = text !== "";
    if (part.type !== "text" || part.text === "") continue;
    text += isNextStep ? `\n\n${part.text}` : part.text;
    isNextStep = false;
  }
  return text;
}

/** Whether there is anything to show: a reply begins before its first word is there. */
export function hasContent(message: ChatMessage): boolean {
  return message.parts.some((part) => ("text" in part ? part.text !== "" : isCall(part)));
}
