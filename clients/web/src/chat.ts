import { Chat } from "@ai-sdk/react";
import type { FinishReason, UIMessage, WebSocketChatTransport } from "ai";

/** A message as this page holds it. `ending` says how a reply ended when it did not simply finish: `early` is all that is known. */
export type ChatMessage = UIMessage<{ ending?: FinishReason | "stopped" | "early" }>;

/**
 * A conversation, held outside any component: `useChat` stops the reply of a chat of its own when the component goes, and leaving a
 * conversation must not stop its reply.
 */
export function openChat(id: string, transport: WebSocketChatTransport<ChatMessage>): Chat<ChatMessage> {
  const chat = new Chat<ChatMessage>({
    id,
    transport,
    onFinish: ({ message, isAbort, isError, finishReason }) => {
      const ending = isAbort ? "stopped" : (finishReason ?? "early");
      if (isError || ending === "stop") return;
      chat.messages = chat.messages.map((known) =>
        known.id === message.id ? { ...known, metadata: { ...known.metadata, ending } } : known,
      );
    },
  });
  return chat;
}

/** Asks again for the reply that failed. The message keeps its id, so the server stores it once and shows a reply that it already has. */
export async function askAgain(chat: Chat<ChatMessage>) {
  const asked = chat.messages.at(chat.lastMessage?.role === "user" ? -1 : -2);
  // A reply that was asked for elsewhere has no message here.
  if (asked?.role !== "user") return chat.resumeStream();
  return chat.sendMessage({ parts: asked.parts, messageId: asked.id });
}
