// biome-ignore lint/suspicious/noExplicitAny: the events of the three kinds of sockets have no type in common.
type Listener = ((event: any) => void) | null;

/** As much of a `WebSocket` as the client uses: the browser's, Node's, or that of the package `ws`. */
export interface WebSocketLike {
  onopen: Listener;
  onmessage: Listener;
  onclose: Listener;
  onerror: Listener;
  send(data: string): void;
  close(code?: number): void;
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike;

/** A value, or a function that is asked for it each time it is needed. */
export type Resolvable<Value> = Value | (() => Value | PromiseLike<Value>);

/** The same for a part of an address. The signal ends what is no longer waited for. */
export type AddressPart<Value> = Value | ((signal: AbortSignal) => Value | PromiseLike<Value>);

/** Where the server is, and who speaks. */
export type Address = {
  /** The socket's address, with a query of its own if need be. `http` becomes `ws`; a relative one belongs to the page's host. */
  url: string;
  /** Who speaks: a token, better a function that gets one. It is asked for at each connection, since tokens live shortly. */
  token?: AddressPart<string>;
  /** Subprotocols, for servers that take the token there: `["chat", "bearer.<token>"]`. */
  protocols?: AddressPart<string[]>;
  /** The class of the sockets; the platform's own, unless given. Node has one from version 22 on. */
  WebSocket?: WebSocketConstructor;
};

/** A socket on its way to being open. Fails if a part of the address cannot be had, or not before `signal`. */
export async function createSocket({ url, token, protocols, WebSocket }: Address, signal: AbortSignal): Promise<WebSocketLike> {
  const Socket = WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
  if (!Socket) throw new TypeError("There is no WebSocket.");
  const address = new URL(url, globalThis.location?.href);
  address.protocol = address.protocol.replace("http", "ws");
  const resolve = <Value>(part: AddressPart<Value>) =>
    typeof part === "function" ? (part as (signal: AbortSignal) => Value | PromiseLike<Value>)(signal) : part;
  const tokenNow = await resolve(token);
  if (tokenNow) address.searchParams.set("token", tokenNow);
  const protocolsNow = await resolve(protocols);
  signal.throwIfAborted();
  return new Socket(address.href, protocolsNow);
}
