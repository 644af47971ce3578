import type { ChatMessage } from "../messages/chat_message";

/** What a message can ask of its conversation. */
export type ConversationActions = {
  /** Sends `message` with another text: a branch beside it. */
  edit(message: ChatMessage, text: string): void;
  /** Has a reply written again: a branch beside it. */
  regenerate(message: ChatMessage): void;
  /** Shows the branch that goes through a message. */
  showBranch(messageId: string): void;
  rate(message: ChatMessage, rating: "up" | "down" | "none"): void;
};
