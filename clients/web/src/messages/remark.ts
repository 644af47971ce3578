import type { ChatMessage } from "./chat_message";

/** How a reply ended when it did not simply finish, in a few words. */
export function remarkOn({ metadata }: ChatMessage): string | undefined {
  switch (metadata?.status) {
    case "stopped":
      return "You stopped this reply.";
    case "interrupted":
      return "This reply was interrupted. What had arrived is kept.";
    case "failed":
      return "This reply failed before its end. What had arrived is kept.";
  }
  switch (metadata?.finishReason) {
    case "length":
      return "The reply reached the model’s length limit.";
    case "content-filter":
      return "The model’s content filter ended this reply.";
  }
  return undefined;
}
