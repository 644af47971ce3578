/** How long the client waits for what, in milliseconds, and how often it tries. */
export type Timing = {
  /** For a socket to open, the token and the server's authorizer included. */
  connectMs: number;
  /** Before the first attempt to connect again, at most: the pause is chosen by chance, and may double with each failure … */
  firstRetryMs: number;
  /** … up to this. */
  longestRetryMs: number;
  /** So many attempts that fail in a row, and what waits for the connection is told so. */
  attempts: number;
  /** Nothing has come for so long while something is awaited: is the server still there? */
  pingMs: number;
  /** The same while nothing is awaited. A ping is billed like any message, and a gateway closes what is silent for ten minutes. */
  idlePingMs: number;
  /** For anything to come after a ping. */
  pongMs: number;
  /** For an operation's answer. */
  answerMs: number;
  /** Nothing has come of a reply for so long: it is asked for again, in case its writer is gone. Doubles each time. */
  quietMs: number;
};

export const defaultTiming: Timing = {
  connectMs: 10_000,
  firstRetryMs: 500,
  longestRetryMs: 10_000,
  attempts: 12,
  pingMs: 8_000,
  idlePingMs: 240_000,
  pongMs: 5_000,
  answerMs: 20_000,
  quietMs: 30_000,
};
