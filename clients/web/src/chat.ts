import { Chat } from "@ai-sdk/react";
import type { FinishReason, UIMessage, WebSocketChatTransport } from "ai";

/** A message as this page holds it. `ending` says how a reply ended when it did not simply finish. */
export type ChatMessage = UIMessage<{ ending?: FinishReason | "stopped" }>;

/**
 * A conversation, held outside any component: `useChat` stops the reply of a chat of its own when the component goes, and leaving a
 * conversation must not stop its reply.
 */
export function openChat(id: string, transport: WebSocketChatTransport<ChatMessage>): Chat<ChatMessage> {
  const chat = new Chat<ChatMessage>({
    id,
    transport,
    onFinish: ({ message, isAbort, finishReason }) => {
      const ending = isAbort ? "stopped" : finishReason;
      if (!ending || ending === "stop") return;
      chat.messages = chat.messages.map((known) =>
        known.id === message.id ? { ...known, metadata: { ...known.metadata, ending } } : known,
      );
    },
  });
  return chat;
}

/** Asks again for a reply to the last message. It keeps its id, so the server stores it once and shows a reply that it already has. */
export async function askAgain(chat: Chat<ChatMessage>) {
  const last = chat.messages.findLast((message) => message.role === "user");
  if (!last) return chat.resumeStream();
  return chat.sendMessage({ parts: last.parts, messageId: last.id });
}
