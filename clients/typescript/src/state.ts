/** Why there is no connection. */
export type Reason =
  /** It was closed by the server or the network. */
  | "lost"
  /** It is silent, without a response even to a ping. */
  | "silent"
  /** It could not be opened. */
  | "unreachable"
  /** It could not be opened, three times in a row or more: the server may reject the token. Browsers do not give the reason. */
  | "refused"
  /** The function for the token or another part of the address has failed, with `cause`, or timed out. */
  | "token";

/** Whether there is a connection. */
export type ConnectionState = {
  status: /** Not connected, and not needed yet, or closed by `close()`. */
    | "closed"
    /** Being opened for the first time. */
    | "connecting"
    | "open"
    /** Lost, and being opened again. */
    | "reconnecting"
    /** Lost, on a device that is offline. It is opened again when the network is back. */
    | "offline";
  reason?: Reason | undefined;
  cause?: unknown;
};
