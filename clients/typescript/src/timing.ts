/** Timeouts in milliseconds, and the number of attempts. */
export type Timing = {
  /** Timeout for opening a socket, the token and the server's authorizer included. */
  connectMs: number;
  /** Maximum backoff before the first reconnect: it is random, and its maximum doubles with each failure … */
  firstRetryMs: number;
  /** … up to this. */
  longestRetryMs: number;
  /** After this many failed attempts in a row, pending requests fail. */
  attempts: number;
  /** Idle time after which a ping is sent while responses are pending. */
  pingMs: number;
  /** The same while none are. A ping is billed like any message, and the gateway closes connections that are idle for ten minutes. */
  idlePingMs: number;
  /** Timeout for any frame after a ping. */
  pongMs: number;
  /** Timeout of an operation. */
  answerMs: number;
  /** Idle timeout of a reply, after which it is resumed, in case its owner is gone. Doubles each time. */
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
