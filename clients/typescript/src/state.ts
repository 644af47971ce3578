/** Why there is no connection. */
export type Reason =
  /** It was closed by the server or the network. */
  | "lost"
  /** Nothing came over it any more, not even the answer to a ping. */
  | "silent"
  /** It could not be opened. */
  | "unreachable"
  /** It could not be opened, three times in a row or more: the server may refuse the token. A browser does not say. */
  | "refused"
  /** The function that gives the token or another part of the address has failed, `cause` is how, or it took too long. */
  | "token";

/** Whether there is a connection. */
export type ConnectionState = {
  status: /** Not connected, and not needed yet, or closed by `close()`. */
    | "closed"
    /** Being opened for the first time. */
    | "connecting"
    | "open"
    /** Gone, and being opened again. */
    | "reconnecting"
    /** Gone, on a device that is offline. It is opened again when the network is back. */
    | "offline";
  reason?: Reason | undefined;
  cause?: unknown;
};
