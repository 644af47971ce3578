// The AI SDK's chat engine, the one behind `useChat`, over our transport.
import * as ai6 from "ai-6";
import * as ai7 from "ai";
import { newId } from "@natter/client";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import { WebSocket } from "ws";
import { within } from "../../../tests/stock_transport/waiting.js";

/** The major versions of `ai` that the transport is for. */
export const VERSIONS = { "ai 6": ai6, "ai 7": ai7 };

class PlainState {
  status = "ready";
  error = undefined;
  messages = [];

  pushMessage = (message) => {
    this.messages = [...this.messages, message];
  };

  popMessage = () => {
    this.messages = this.messages.slice(0, -1);
  };

  replaceMessage = (index, message) => {
    this.messages = this.messages.with(index, structuredClone(message));
  };

  snapshot = (value) => structuredClone(value);
}

/** A chat of `ai` with `user` at `stack`, in the conversation `id`, whose page shows `messages` already. */
export function openChat(t, ai, stack, { user = "alice", id = newId(), messages = [], transport, ...options } = {}) {
  transport ??= new NatterChatTransport({
    url: stack.socketUrl,
    token: () => stack.token(user),
    WebSocket,
    ...options,
  });
  class Chat extends ai.AbstractChat {
    transport = transport;
  }
  const chat = new Chat({ id, transport, generateId: newId, state: new PlainState() });
  chat.messages = messages;
  t.after(() => transport.close());
  return chat;
}

/** Sends `text` and returns the reply once it has ended. */
export async function ask(chat, text) {
  await chat.sendMessage({ text });
  if (chat.error) throw chat.error;
  return chat.lastMessage;
}

/** A message's text. */
export const textOf = (message) =>
  message.parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("");

/** Resolves once more than `count` words of the reply are shown. */
export const wordsArrived = (chat, count) =>
  within(60, () => {
    const { lastMessage } = chat;
    return lastMessage?.role === "assistant" && textOf(lastMessage).split(" ").length > count;
  }, () => `${count} words of the reply`);
