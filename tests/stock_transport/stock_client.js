// The AI SDK's own client: its transport as it is published, and the engine behind useChat, with plain fields for its state.
import { AbstractChat, generateId, WebSocketChatTransport } from "ai";
import { WebSocket } from "ws";
import { within } from "./waiting.js";

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

class Chat extends AbstractChat {
  constructor(init) {
    super({ ...init, state: new PlainState() });
  }
}

/** A transport of `user`, or with any `options` of the stock transport instead. */
export function openTransport(stack, { user = "alice", ...options } = {}) {
  return new WebSocketChatTransport({
    url: stack.socketUrl,
    webSocket: WebSocket,
    params: async () => ({ token: await stack.token(user) }),
    ...options,
  });
}

/** A chat in the conversation `id`, over a transport of its own unless one is given. It is closed when the test `t` ends. */
export function openChat(t, stack, { id = generateId(), transport, ...options } = {}) {
  const chat = new Chat({ id, transport: transport ?? openTransport(stack, options) });
  t.after(() => chat.dispose());
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

/** The words that have arrived of the reply, once there are `count`. */
export const wordsArrived = (chat, count) =>
  within(15, () => {
    const words = chat.lastMessage?.role === "assistant" ? textOf(chat.lastMessage).split(" ") : [];
    return words.length >= count && words;
  }, () => `${count} words of the reply`);

/** What a model call was asked after the system prompt, as “role: content”. */
export const promptOf = (call) =>
  call.messages.filter(({ role }) => role !== "system").map(({ role, content }) => `${role}: ${content}`);
