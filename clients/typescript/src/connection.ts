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
  /** Asks, now or as soon as there is a connection. One that was asked before is asked again under another name. */
  ask(request: Request): void;
  /** Waits no longer for an answer. */
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
/** From so many failures on, a server that is there is likely to refuse. */
const MIN_REFUSED_ATTEMPTS = 3;

/** A connection that is opened when first needed, and kept. */
export function createConnection(options: ConnectionOptions): Connection {
  const { environment, timing, frameBytes, onState, onNotice } = options;
  const requests = new Map<string, Request>();
  let requestCount = 0;
  let state: ConnectionState = { status: "closed" };
  let socket: WebSocketLike | undefined;
  // The attempt to open a socket that counts. One may be under way beside an open socket that will be closed soon.
  let attempt: object | undefined;
  // In a row, of sockets over which nothing came.
  let failures = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let heartbeat: ReturnType<typeof setTimeout> | undefined;
  // How many answers the heartbeat waits for. What is asked besides does not put it off: silence is counted from what came last.
  let awaitedCount = 0;
  // Runs out when nothing comes after a ping.
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
    // Only outside of browsers it says why.
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
      // Replies go on, here.
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

  // An attempt has failed, or an open socket was lost. One over which something came makes up for earlier failures.
  const onConnectFailed = (reason: Reason, cause?: unknown) => {
    clearTimeout(retryTimer);
    attempt = undefined;
    if (!socket) {
      setDisconnected(reason, cause);
      if (environment.isOnline() && failures + 1 >= timing.attempts) {
        failAll(new NatterError("unreachable", "The server is unreachable.", { cause }));
      }
      // Nobody looks, and nothing is awaited: there is time until somebody does.
      if (!requests.size && !environment.isVisible()) return;
    }
    // By chance, so that not all clients that lost a server come back at the same moment.
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
      // The token has ended: the next connection is opened with another, and what was refused is asked again there, once.
      if (attempt) return;
      if (!failures++) return void open();
    } else failures = 0;
    if (frame?.type === "notice") {
      if (frame.notice === "reconnect") void open();
      onNotice(frame);
    } else if (frame) requests.get(frame.requestId)?.answer(frame);
  };

  // Silence is watched: a network that is gone does not say so.
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

  // The network or the person has come back, or gone.
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

// What is not a frame is the gateway's own, such as its answer when a function failed. It belongs to no request.
function parseFrame(data: unknown): ServerFrame | undefined {
  try {
    return JSON.parse(data as string);
  } catch {
    return undefined;
  }
}
