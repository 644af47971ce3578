// The AI SDK's own client: its transport as it is published, and the engine behind useChat, with plain fields for its state.
import { once } from "node:events";
import { AbstractChat, generateId, WebSocketChatTransport } from "ai";
import { WebSocket } from "ws";
import { PlainState, textOf } from "./plain-chat.js";
import { within } from "./waiting.js";

export { namesBefore } from "./names-before.js";
export { ask, textOf } from "./plain-chat.js";

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

/** A transport of `user` and a function that cuts its connections as a network does: at once and without a word. */
export function openFragileTransport(stack, user) {
  const sockets = [];
  class FragileSocket extends WebSocket {
    constructor(...parameters) {
      super(...parameters);
      sockets.push(this);
    }
  }
  const cut = async () => {
    const closed = sockets.splice(0).map((socket) => {
      socket.terminate();
      return once(socket, "close");
    });
    await Promise.all(closed);
  };
  return { transport: openTransport(stack, { user, webSocket: FragileSocket }), cut };
}

/**
 * A chat in the conversation `id`, over a new transport unless one is given, with the `messages` that its page shows
 * already, and what it does with tools. It is closed when the test `t` ends.
 */
export function openChat(t, stack, { id = generateId(), messages = [], transport, handlers, ...options } = {}) {
  const chat = new Chat({ id, transport: transport ?? openTransport(stack, options), ...handlers });
  chat.messages = messages;
  t.after(() => chat.dispose());
  return chat;
}

/** A chat like that of `openChat`, whose connection is open already. */
export async function openConnectedChat(t, stack, options) {
  const chat = openChat(t, stack, options);
  await chat.resumeStream();
  return chat;
}

/** Sends the last message of the user once more under its id, as a user does who presses “Try again”. */
export function sendAgain(chat) {
  const { id, parts } = chat.messages.findLast(({ role }) => role === "user");
  return chat.sendMessage({ parts, messageId: id });
}

/** The words that have arrived of the reply, once there are `count`. */
export const wordsArrived = (chat, count) =>
  within(
    60,
    () => {
      const words = chat.lastMessage?.role === "assistant" ? textOf(chat.lastMessage).split(" ") : [];
      return words.length >= count && words;
    },
    `${count} words of the reply`,
  );

/** The roles of the messages that a chat shows. */
export const rolesOf = (chat) => chat.messages.map(({ role }) => role);

/** What a model call was asked after the system prompt, as “role: content”. */
export const promptOf = (call) => call.messages.filter(({ role }) => role !== "system").map(({ role, content }) => `${role}: ${content}`);
