import type { Environment } from "./environment.js";
import { NatterError } from "./error.js";
import { createHeartbeat } from "./heartbeat.js";
import { createPendingRequests } from "./pending-requests.js";
import { toFrames, createTooLargeError } from "./text-parts.js";
import type { Notice, ServerFrame } from "./protocol.js";
import type { Request } from "./request.js";
import { openSocket, type Address, type WebSocketLike } from "./socket.js";
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
  const requests = createPendingRequests();
  let state: ConnectionState = { status: "closed" };
  let socket: WebSocketLike | undefined;
  // The current attempt to open a socket. One may run beside an open socket that will be closed soon.
  let attempt: object | undefined;
  // Consecutive failures, of sockets that received nothing.
  let failures = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let unwatch: (() => void) | undefined;

  const setState = (status: ConnectionState["status"], reason?: Reason, cause?: unknown) => {
    if (status === state.status && reason === state.reason) return;
    state = { status, reason, cause };
    onState(state);
  };

  const isIdle = () => !requests.count() && !environment.isVisible();

  const heartbeat = createHeartbeat({
    timing,
    pendingCount: requests.count,
    ping() {
      if (!socket || isIdle()) return false;
      send({ type: "ping", requestId: requests.newId() });
      return true;
    },
    onSilent() {
      const deadSocket = socket;
      onSocketLost("silent");
      deadSocket?.close();
    },
  });

  const connect = () => {
    unwatch ??= environment.watch(onEnvironmentChange);
    if (!socket && !attempt) open();
  };

  const open = () => {
    clearTimeout(retryTimer);
    const mine = {};
    attempt = mine;
    if (state.status === "closed") setState("connecting");
    void openSocket(options, timing.connectMs, {
      onOpen: (opened) => (attempt === mine ? use(opened) : opened.close()),
      onFailed(created, cause) {
        if (attempt === mine) onConnectFailed(created ? (failures + 1 < MIN_REFUSED_ATTEMPTS ? "unreachable" : "refused") : "token", cause);
      },
      onMessage: (from, data) => from === socket && receive(data),
      onClose: (closed, code) => closed === socket && onSocketLost("lost", code),
    });
  };

  const use = (opened: WebSocketLike) => {
    attempt = undefined;
    const previous = socket;
    socket = opened;
    setState("open");
    // Replies continue here.
    requests.all().forEach(ask);
    previous?.close(1000);
    heartbeat.restart();
  };

  const onSocketLost = (reason: Reason, code?: number) => {
    socket = undefined;
    heartbeat.stop();
    if (code === CLOSE_MESSAGE_TOO_BIG) requests.fail(createTooLargeError(frameBytes), (request) => !request.isAcknowledged);
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
        requests.fail(new NatterError("unreachable", "The server is unreachable.", { cause }));
      }
      // The page is hidden and nothing is pending: reconnect when it becomes visible.
      if (isIdle()) return;
    }
    // Jitter, so that clients that lost a server do not all reconnect at once.
    const maxDelayMs = Math.min(timing.firstRetryMs * 2 ** failures++, timing.longestRetryMs);
    retryTimer = setTimeout(open, Math.random() * maxDelayMs);
  };

  const receive = (data: unknown) => {
    heartbeat.restart();
    const frame = parseFrame(data);
    if ((frame as { code?: string } | undefined)?.code === "unauthorized") {
      // The token has expired: the next connection is opened with another, and the rejected request is repeated there, once.
      if (attempt) return;
      if (!failures++) return open();
    } else failures = 0;
    if (frame?.type === "notice") {
      if (frame.notice === "reconnect") open();
      onNotice(frame);
    } else if (frame) requests.answer(frame);
  };

  // The network or the visibility has changed.
  const onEnvironmentChange = () => {
    if (socket) return heartbeat.check();
    if (state.reason) setDisconnected(state.reason, state.cause);
    failures = 0;
    if (environment.isOnline()) open();
  };

  const ask = (request: Request) => {
    requests.add(request);
    if (!socket) return connect();
    try {
      toFrames({ ...request.ask(), requestId: request.id! }, frameBytes).forEach((frame) => socket!.send(frame));
    } catch (error) {
      requests.remove(request);
      return request.fail(error as NatterError);
    }
    heartbeat.expectAnswer();
  };

  const send = (frame: object) => socket?.send(JSON.stringify(frame));

  return {
    connect,
    state: () => state,
    ask,
    forget: requests.remove,
    send,
    close() {
      unwatch?.();
      clearTimeout(retryTimer);
      heartbeat.stop();
      const former = socket;
      unwatch = socket = attempt = undefined;
      failures = 0;
      setState("closed");
      former?.close(1000);
      requests.fail(new NatterError("closed", "The connection was closed."));
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
