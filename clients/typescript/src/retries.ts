import type { Timing } from "./timing.js";

/** How often a reply is requested again without progress. */
const MAX_RETRIES = 5;

/** Decides when a reply is requested again. */
export interface Retries {
  /** Requests it soon. False if that has been done too often. */
  retry(): boolean;
  /** Requests it if nothing calls this again, or `stop`, before the idle timeout. */
  resetIdleTimeout(): void;
  /** The reply has made progress: the earlier retries no longer count. */
  reset(): void;
  stop(): void;
}

export function createRetries(timing: Timing, ask: () => void): Retries {
  let count = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(timer);
  return {
    stop,
    retry() {
      stop();
      if (count++ >= MAX_RETRIES) return false;
      timer = setTimeout(ask, count > 1 ? Math.random() * timing.firstRetryMs * 2 ** count : 0);
      return true;
    },
    resetIdleTimeout() {
      stop();
      timer = setTimeout(
        () => {
          count++;
          ask();
        },
        timing.quietMs * 2 ** count,
      );
    },
    reset() {
      count = 0;
    },
  };
}
