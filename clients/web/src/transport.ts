import { WebSocketChatTransport } from "ai";
import type { ChatMessage } from "./chat";
import { socketWithNews, type News } from "./notices";
import { userId } from "./user";

/** Where the socket is, on the host that serves this page. */
const SOCKET_PATH = "/local";

/** The AI SDK's own transport, and what its connections tell. */
export type Connection = {
  transport: WebSocketChatTransport<ChatMessage>;
  /** Has `listener` called with all news from now on; returns how to end that. */
  listen: (listener: (news: News) => void) => () => void;
};

/** A connection that speaks for `user`. It is opened when first used, and again when it was lost. */
export function createConnection(user: string): Connection {
  const listeners = new Set<(news: News) => void>();
  const transport = new WebSocketChatTransport<ChatMessage>({
    url: SOCKET_PATH,
    // Asked for each connection, since tokens live shortly.
    params: async () => ({ token: await fetchToken(user) }),
    // The history is the server's; only the new message has to travel.
    prepareSendMessagesRequest: ({ messages }) => ({ messages: messages.slice(-1) }),
    webSocket: socketWithNews((news) => listeners.forEach((listener) => listener(news))),
  });
  const listen = (listener: (news: News) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return { transport, listen };
}

async function fetchToken(user: string): Promise<string> {
  // When the server cannot be reached this fails with a TypeError, as the transport does when the socket cannot be opened.
  const response = await fetch(`/token?${new URLSearchParams({ user: userId(user) })}`);
  if (!response.ok) throw new Error(`The server gave no token for “${user}” (status ${response.status}).`);
  const { token } = (await response.json()) as { token: string };
  return token;
}
