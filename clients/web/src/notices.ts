import type { WebSocketChatTransportInitOptions } from "ai";

type SocketConstructor = NonNullable<WebSocketChatTransportInitOptions<never>["webSocket"]>;

/** What a connection tells the page unasked. The stock transport ignores it, since it answers no request. */
export type News =
  /** A reply is being written in a conversation, asked for on another connection. */
  | { kind: "turn-started"; conversation: string }
  /** The server will close this connection soon. */
  | { kind: "reconnect" }
  /** The connection has ended; until there is another one, nothing is heard of the server. */
  | { kind: "closed" };

/** A `WebSocket` class for the transport, whose sockets `tell` the news. */
export function socketWithNews(tell: (news: News) => void): SocketConstructor {
  class SocketWithNews extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("message", ({ data }) => {
        const news = newsIn(data);
        if (news) tell(news);
      });
      this.addEventListener("close", () => tell({ kind: "closed" }));
    }
  }
  // The types differ in nothing but the shared buffers that a browser's socket would not send.
  return SocketWithNews as SocketConstructor;
}

function newsIn(data: unknown): News | undefined {
  // Nearly all frames are pieces of replies: they are not parsed a second time.
  if (typeof data !== "string" || !data.includes('"notice"')) return undefined;
  try {
    const frame = JSON.parse(data) as { type?: unknown; notice?: unknown; id?: unknown };
    if (frame.type !== "notice") return undefined;
    if (frame.notice === "reconnect") return { kind: "reconnect" };
    if (frame.notice === "turn-started" && typeof frame.id === "string") {
      return { kind: "turn-started", conversation: frame.id };
    }
  } catch {
    // The transport closes a connection that brings such a frame.
  }
  return undefined;
}
