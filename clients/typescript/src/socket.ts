/** As much of a `WebSocket` as the client uses: the browser's, Node's, or that of the package `ws`. */
export interface WebSocketLike {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike;

/** A value, or a function that is asked for it each time it is needed. */
export type Resolvable<Value> = Value | (() => Value | PromiseLike<Value>);

/** Where the server is, and who speaks. */
export type Address = {
  /** The socket's address. `http` becomes `ws`; a relative one belongs to the page's host. */
  url: string;
  /** Who speaks: a token, better a function that gets one. It is asked for at each connection, since tokens live shortly. */
  token?: Resolvable<string>;
  /** What else stands in the address's query. */
  params?: Resolvable<Record<string, string>>;
  /** Subprotocols, for servers that take the token there: `["chat", "bearer.<token>"]`. */
  protocols?: Resolvable<string[]>;
  /** The class of the sockets; the platform's own, unless given. Node has one from version 22 on. */
  WebSocket?: WebSocketConstructor;
};

/** A socket on its way to being open. Fails if a part of the address cannot be had. */
export async function createSocket({ url, token, params, protocols, WebSocket }: Address): Promise<WebSocketLike> {
  const [tokenNow, paramsNow, protocolsNow] = await Promise.all([token, params, protocols].map(resolve));
  const Socket = WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
  if (!Socket) throw new TypeError("There is no WebSocket here. Pass one, such as that of the package ws: createClient({ WebSocket }).");
  const address = new URL(url, globalThis.location?.href);
  address.protocol = address.protocol.replace("http", "ws");
  const query = { ...(paramsNow as Record<string, string>), ...(tokenNow ? { token: tokenNow as string } : {}) };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return new Socket(address.href, protocolsNow as string[]);
}

const resolve = (value: Resolvable<unknown>) => (typeof value === "function" ? value() : value);
