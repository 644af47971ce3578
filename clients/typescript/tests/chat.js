// The AI SDK's chat engine, the one behind `useChat`, over our transport.
import * as ai6 from "ai-6";
import * as ai7 from "ai";
import { newId } from "@natter/client";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import { WebSocket } from "ws";
import { PlainState, textOf } from "../../../tests/stock_transport/plain-chat.js";
import { within } from "../../../tests/stock_transport/waiting.js";

export { ask, textOf } from "../../../tests/stock_transport/plain-chat.js";

/** The major versions of `ai` that the transport is for. */
export const VERSIONS = { "ai 6": ai6, "ai 7": ai7 };

/**
 * A chat of `ai` with `user` at `stack`, in the conversation `id`, whose page shows `messages` already and does with tools what
 * `handlers` say.
 */
export function openChat(t, ai, stack, { user = "alice", id = newId(), messages = [], transport, handlers, ...options } = {}) {
  transport ??= new NatterChatTransport({
    url: stack.socketUrl,
    token: () => stack.token(user),
    WebSocket,
    ...options,
  });
  class Chat extends ai.AbstractChat {
    transport = transport;
  }
  const chat = new Chat({ id, transport, generateId: newId, state: new PlainState(), ...handlers });
  chat.messages = messages;
  t.after(() => transport.close());
  return chat;
}

/** Resolves once more than `count` words of the reply are shown. */
export const wordsArrived = (chat, count) =>
  within(
    60,
    () => {
      const { lastMessage } = chat;
      return lastMessage?.role === "assistant" && textOf(lastMessage).split(" ").length > count;
    },
    `${count} words of the reply`,
  );
