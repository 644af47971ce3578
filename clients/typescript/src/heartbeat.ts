import type { Timing } from "./timing.js";

/** What the heartbeat of a connection needs. */
export type HeartbeatOptions = {
  timing: Timing;
  /** How many requests are pending. */
  pendingCount(): number;
  /** Sends a ping. False if there is no need for one, or no connection. */
  ping(): boolean;
  /** Nothing has arrived after a ping. */
  onSilent(): void;
};

/** Pings when nothing arrives: a lost network is noticed only by silence. */
export function createHeartbeat({ timing, pendingCount, ping, onSilent }: HeartbeatOptions) {
  let pingTimer: ReturnType<typeof setTimeout> | undefined;
  let pongTimer: ReturnType<typeof setTimeout> | undefined;
  // How many answers it waits for. Further requests do not delay it: idle time counts from the last frame.
  let awaitedCount = 0;

  const schedule = () => {
    clearTimeout(pingTimer);
    awaitedCount = pendingCount();
    pingTimer = setTimeout(() => (awaitedCount && !pendingCount() ? schedule : check)(), awaitedCount ? timing.pingMs : timing.idlePingMs);
  };

  const check = () => {
    if (!pongTimer && ping()) pongTimer = setTimeout(onSilent, timing.pongMs);
  };

  const stop = () => {
    clearTimeout(pingTimer);
    clearTimeout(pongTimer);
    pongTimer = undefined;
  };

  return {
    /** Pings now. */
    check,
    stop,
    /** A frame has arrived. */
    restart() {
      stop();
      schedule();
    },
    /** A request was sent. */
    expectAnswer() {
      if (!awaitedCount) schedule();
    },
  };
}
