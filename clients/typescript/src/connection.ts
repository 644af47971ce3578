import type { Environment } from "./environment.js";
import { NatterError } from "./error.js";
import { toFrames, createTooLargeError } from "./text-parts.js";
import type { Notice, ServerFrame } from "./protocol.js";
import type { Request } from "./request.js";
import { createSocket, type Address, type WebSocketLike } from "./socket.js";
import type { ConnectionState, Reason } from "./state.js";
import type { Timing } from "./timing.js";

export interface Connection {
  /** Opens the connection, unless it is open or being opened. */
  connect(): void;
  state(): ConnectionState;
  /** Sends a request, now or as soon as there is a connection. One that was sent before is repeated under another id. */
  ask(request: Request): void;
  /** Drops a request. */
  forget(request: Request): void;
  /** Sends a frame that nothing answers. It is lost if there is no connection. */
  send(frame: object): void;
  close(): void;
}

export type ConnectionOptions = Address & {
  environment: Environment;
  timing: Timing;
  frameBytes: number;
  onState(state: ConnectionState): void;
  onNotice(notice: Notice): void;
};

const CLOSE_MESSAGE_TOO_BIG = 1009;
/** After this many failures, the server is likely to reject the token. */
const MIN_REFUSED_ATTEMPTS = 3;

/** Creates a connection that is opened on first use, and kept. */
export function createConnection(options: ConnectionOptions): Connection {
  const { environment, timing, frameBytes, onState, onNotice } = options;
  const requests = new Map<string, Request>();
  let requestCount = 0;
  let state: ConnectionState = { status: "closed" };
  let socket: WebSocketLike | undefined;
  // The current attempt to open a socket. One may run beside an open socket that will be closed soon.
  let attempt: object | undefined;
  // Consecutive failures, of sockets that received nothing.
  let failures = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let heartbeat: ReturnType<typeof setTimeout> | undefined;
  // How many answers the heartbeat waits for. Further requests do not delay it: idle time counts from the last frame.
  let awaitedCount = 0;
  // Fires when nothing arrives after a ping.
  let pongTimer: ReturnType<typeof setTimeout> | undefined;
  let unwatch: (() => void) | undefined;

  const setState = (status: ConnectionState["status"], reason?: Reason, cause?: unknown) => {
    if (status === state.status && reason === state.reason) return;
    state = { status, reason, cause };
    onState(state);
  };

  const connect = () => {
    unwatch ??= environment.watch(onEnvironmentChange);
    if (!socket && !attempt) void open();
  };

  const open = async () => {
    clearTimeout(retryTimer);
    const mine = {};
    attempt = mine;
    if (state.status === "closed") setState("connecting");
    let newSocket: WebSocketLike | undefined;
    const giveUp = (cause?: unknown) => {
      clearTimeout(deadline);
      if (attempt === mine) onConnectFailed(newSocket ? (failures + 1 < MIN_REFUSED_ATTEMPTS ? "unreachable" : "refused") : "token", cause);
    };
    const deadline = setTimeout(giveUp, timing.connectMs);
    try {
      newSocket = await createSocket(options, AbortSignal.timeout(timing.connectMs));
    } catch (cause) {
      return giveUp(cause);
    }
    // Browsers do not give a reason.
    newSocket.onerror = ({ error }) => giveUp(error);
    newSocket.onclose = ({ code }) => {
      giveUp();
      if (newSocket === socket) onSocketLost("lost", code);
    };
    newSocket.onmessage = ({ data }) => newSocket === socket && receive(data);
    newSocket.onopen = () => {
      clearTimeout(deadline);
      if (attempt !== mine) return newSocket.close();
      attempt = undefined;
      const previous = socket;
      socket = newSocket;
      setState("open");
      // Replies continue here.
      for (const request of [...requests.values()]) ask(request);
      previous?.close(1000);
      clearTimers();
      restartHeartbeat();
    };
  };

  const onSocketLost = (reason: Reason, code?: number) => {
    socket = undefined;
    clearTimers();
    if (code === CLOSE_MESSAGE_TOO_BIG) failAll(createTooLargeError(frameBytes), (request) => !request.isAcknowledged);
    if (attempt) setDisconnected(reason);
    else onConnectFailed(reason);
  };

  const setDisconnected = (reason?: Reason, cause?: unknown) =>
    setState(environment.isOnline() ? "reconnecting" : "offline", reason, cause);

  // An attempt has failed, or an open socket was lost. A socket that received anything resets the failures.
  const onConnectFailed = (reason: Reason, cause?: unknown) => {
    clearTimeout(retryTimer);
    attempt = undefined;
    if (!socket) {
      setDisconnected(reason, cause);
      if (environment.isOnline() && failures + 1 >= timing.attempts) {
        failAll(new NatterError("unreachable", "The server is unreachable.", { cause }));
      }
      // The page is hidden and nothing is pending: reconnect when it becomes visible.
      if (!requests.size && !environment.isVisible()) return;
    }
    // Jitter, so that clients that lost a server do not all reconnect at once.
    const maxDelayMs = Math.min(timing.firstRetryMs * 2 ** failures++, timing.longestRetryMs);
    retryTimer = setTimeout(open, Math.random() * maxDelayMs);
  };

  const failAll = (error: NatterError, which = (_: Request) => true) => {
    for (const request of [...requests.values()].filter(which)) request.fail(error);
  };

  const receive = (data: unknown) => {
    clearTimers();
    restartHeartbeat();
    const frame = parseFrame(data);
    if ((frame as { code?: string } | undefined)?.code === "unauthorized") {
      // The token has expired: the next connection is opened with another, and the rejected request is repeated there, once.
      if (attempt) return;
      if (!failures++) return void open();
    } else failures = 0;
    if (frame?.type === "notice") {
      if (frame.notice === "reconnect") void open();
      onNotice(frame);
    } else if (frame) requests.get(frame.requestId)?.answer(frame);
  };

  // A lost network is noticed only by silence.
  const restartHeartbeat = () => {
    clearTimeout(heartbeat);
    awaitedCount = requests.size;
    heartbeat = setTimeout(
      () => (awaitedCount && !requests.size ? restartHeartbeat : sendPing)(),
      awaitedCount ? timing.pingMs : timing.idlePingMs,
    );
  };

  const sendPing = () => {
    if (!socket || pongTimer || (!requests.size && !environment.isVisible())) return;
    send({ type: "ping", requestId: `${++requestCount}` });
    pongTimer = setTimeout(() => {
      const deadSocket = socket;
      onSocketLost("silent");
      deadSocket?.close();
    }, timing.pongMs);
  };

  const clearTimers = () => {
    clearTimeout(heartbeat);
    clearTimeout(pongTimer);
    pongTimer = undefined;
  };

  // The network or the visibility has changed.
  const onEnvironmentChange = () => {
    if (socket) return sendPing();
    if (state.reason) setDisconnected(state.reason, state.cause);
    failures = 0;
    if (environment.isOnline()) void open();
  };

  const ask = (request: Request) => {
    forget(request);
    request.id = `${++requestCount}`;
    requests.set(request.id, request);
    if (!socket) return connect();
    try {
      toFrames({ ...request.ask(), requestId: request.id }, frameBytes).forEach((frame) => socket!.send(frame));
    } catch (error) {
      forget(request);
      return request.fail(error as NatterError);
    }
    if (!awaitedCount) restartHeartbeat();
  };

  const forget = (request: Request) => {
    if (request.id) requests.delete(request.id);
  };

  const send = (frame: object) => socket?.send(JSON.stringify(frame));

  return {
    connect,
    state: () => state,
    ask,
    forget,
    send,
    close() {
      unwatch?.();
      clearTimeout(retryTimer);
      clearTimers();
      const former = socket;
      unwatch = socket = attempt = undefined;
      failures = 0;
      setState("closed");
      former?.close(1000);
      failAll(new NatterError("closed", "The connection was closed."));
    },
  };
}

// Anything else is the gateway's own, such as its response when a function failed. It belongs to no request.
function parseFrame(data: unknown): ServerFrame | undefined {
  try {
    return JSON.parse(data as string);
  } catch {
    return undefined;
  }
}
