// biome-ignore lint/suspicious/noExplicitAny: the events of the three kinds of sockets have no type in common.
type Listener = ((event: any) => void) | null;

/** The part of a `WebSocket` that the client uses: the browser's, Node's, or that of the package `ws`. */
export interface WebSocketLike {
  onopen: Listener;
  onmessage: Listener;
  onclose: Listener;
  onerror: Listener;
  send(data: string): void;
  close(code?: number): void;
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike;

/** A value, or a function that returns it each time it is needed. */
export type Resolvable<Value> = Value | (() => Value | PromiseLike<Value>);

/** The same for a part of an address. The signal aborts a function whose result is no longer needed. */
export type AddressPart<Value> = Value | ((signal: AbortSignal) => Value | PromiseLike<Value>);

/** The server's address, and the credentials. */
export type Address = {
  /** The socket's URL, optionally with a query. `http` becomes `ws`; a relative one is resolved against the page. */
  url: string;
  /** A token, or better a function that fetches one, for each connection, since tokens are short-lived. */
  token?: AddressPart<string>;
  /** Subprotocols, for servers that take the token there: `["chat", "bearer.<token>"]`. */
  protocols?: AddressPart<string[]>;
  /** The class of the sockets; the platform's own, unless given. Node has one from version 22 on. */
  WebSocket?: WebSocketConstructor;
};

/** What becomes of a socket. */
export type SocketEvents = {
  onOpen(socket: WebSocketLike): void;
  /** It was not opened. There is no socket if a part of the address has failed. May be called again, and after it was opened. */
  onFailed(socket: WebSocketLike | undefined, cause?: unknown): void;
  onMessage(socket: WebSocketLike, data: unknown): void;
  onClose(socket: WebSocketLike, code: number): void;
};

/** Opens a socket. It has failed after `timeoutMs`. */
export async function openSocket(address: Address, timeoutMs: number, events: SocketEvents) {
  let socket: WebSocketLike | undefined;
  const fail = (cause?: unknown) => {
    clearTimeout(deadline);
    events.onFailed(socket, cause);
  };
  const deadline = setTimeout(fail, timeoutMs);
  try {
    socket = await createSocket(address, AbortSignal.timeout(timeoutMs));
  } catch (cause) {
    return fail(cause);
  }
  const created = socket;
  // Browsers do not give a reason.
  created.onerror = ({ error }) => fail(error);
  created.onclose = ({ code }) => {
    fail();
    events.onClose(created, code);
  };
  created.onmessage = ({ data }) => events.onMessage(created, data);
  created.onopen = () => {
    clearTimeout(deadline);
    events.onOpen(created);
  };
}

/** Creates a socket, which is then opening. Fails if a part of the address fails, or `signal` aborts first. */
async function createSocket({ url, token, protocols, WebSocket }: Address, signal: AbortSignal): Promise<WebSocketLike> {
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
