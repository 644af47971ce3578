import type { Page, WebSocketRoute } from "@playwright/test";

/** A frame of a client, or of the server. */
export type Frame = { type: string; requestId: string; [field: string]: unknown };

type Say = (frame: object) => void;

/** What a page's sockets can be made to do. */
export type Intercepted = {
  /** Ends all that are open, as a network does that is gone. */
  cut(): Promise<void>;
  /** Drops everything, in both directions of the open sockets, like a network that dies silently. */
  silence(): void;
  /** Holds back frames of the server for which `held` returns true; `release` delivers them in order, and stops holding. */
  hold(held: (frame: Frame) => boolean): { release(): void; count(): number };
  /** Says something to the page, as if the server had. */
  say: Say;
};

/**
 * Stands between the page and the real server: frames for which `take` answers true do not reach it. To be called before the page is opened.
 */
export async function interceptSocket(
  page: Page,
  take: (frame: Frame, say: Say) => boolean | undefined = () => false,
): Promise<Intercepted> {
  const open = new Set<WebSocketRoute>();
  const silent = new Set<WebSocketRoute>();
  let isHeld: (frame: Frame) => boolean = () => false;
  let held: (() => void)[] = [];
  await page.routeWebSocket(/\/local\?/, (socket) => {
    const server = socket.connectToServer();
    open.add(socket);
    socket.onClose((code, reason) => {
      open.delete(socket);
      if (silent.has(socket)) return;
      void server.close({ code: code === undefined || code < 1000 || code === 1005 ? 1000 : code, reason });
    });
    socket.onMessage((text) => {
      if (silent.has(socket)) return;
      if (!take(JSON.parse(String(text)) as Frame, (frame) => socket.send(JSON.stringify(frame)))) server.send(text);
    });
    server.onMessage((text) => {
      if (silent.has(socket)) return;
      if (isHeld(JSON.parse(String(text)) as Frame)) held.push(() => socket.send(text));
      else socket.send(text);
    });
  });
  return {
    async cut() {
      const sockets = [...open];
      open.clear();
      await Promise.all(sockets.map((socket) => socket.close({ code: 1001, reason: "Going away" })));
    },
    silence: () => open.forEach((socket) => silent.add(socket)),
    hold(next) {
      isHeld = next;
      return {
        count: () => held.length,
        release() {
          isHeld = () => false;
          held.forEach((send) => send());
          held = [];
        },
      };
    },
    say: (frame) => open.forEach((socket) => socket.send(JSON.stringify(frame))),
  };
}

/** Answers a `send` with these chunks, as a turn that ended. */
export function sayTurn(frame: Frame, say: Say, chunks: object[]) {
  chunks.forEach((chunk, sequence) => say({ type: "chunk", requestId: frame.requestId, sequence, chunk }));
  say({ type: "end", requestId: frame.requestId });
}
