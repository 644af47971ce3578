import type { Connection } from "./connection.js";
import { NatterError } from "./error.js";
import type { Chunk, ErrorCode, HistoryMessage, ServerFrame } from "./protocol.js";
import type { Request } from "./request.js";
import { toChunks } from "./stored-reply.js";
import type { Timing } from "./timing.js";
import { createTranscript } from "./transcript.js";

/**
 * A running reply. Its chunks arrive once each and in order, also across reconnects.
 *
 * A second `start` chunk replaces everything before it: another attempt writes the reply.
 * If the reader stops, the server still finishes and stores the reply.
 */
export interface Turn extends AsyncGenerator<Chunk, void, void> {
  /** Asks the server to stop the reply. What was written until then still arrives, and an `abort` chunk at its end. */
  stop(): void;
}

/** Options of any request. */
export type RequestOptions = {
  /** For the server's own use, as in the AI SDK. */
  headers?: Record<string, string> | undefined;
  body?: object | undefined;
  metadata?: unknown;
  /** Stops the reply on the server, and ends the reading with the signal's reason at once. */
  signal?: AbortSignal | undefined;
};

/** A message of the user, as in the AI SDK. */
export type UserMessage = { id: string; role: "user"; parts: readonly object[]; metadata?: unknown };

export type TurnOptions = RequestOptions & {
  conversationId: string;
  /** What starts the reply; to follow one that runs, it is absent. */
  opening?: {
    trigger: "submit-message" | "regenerate-message";
    message: object;
    /** The messages shown before it, oldest first: they determine its position. */
    before?: readonly { id: string; role: string }[];
    /** The message to answer again, or its previous reply; with `submit-message`, the message to replace. */
    messageId?: string | undefined;
  };
};

/** How many of the messages before a new one are named. The nearest may never have arrived. */
const MAX_NAMED_MESSAGES = 8;

/** How often a reply is requested again without progress. */
const MAX_RETRIES = 5;

/**
 * Starts a turn, or follows the one that runs. `waitForChunk` waits for the first chunk, and is false if none comes, as when nothing runs.
 * `stored` reads a message from the history.
 */
export function openTurn(
  connection: Connection,
  timing: Timing,
  readMessage: (conversationId: string, messageId: string) => Promise<HistoryMessage | undefined>,
  { conversationId, opening, headers = {}, body = {}, metadata, signal }: TurnOptions,
): { turn: Turn; waitForChunk: () => Promise<boolean> } {
  const transcript = createTranscript();
  const pendingChunks: Chunk[] = [];
  // The result of reading, which may end before the turn does.
  let readResult: { error?: unknown } | undefined;
  let wake = () => {};

  let messageId: string | undefined;
  let isSent = false;
  let isStopping = false;
  let hasEnded = false;
  let nextSequence = 0;
  let retries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const takeFrame = (frame: ServerFrame) => {
    if (frame.type === "chunk") {
      // A missing chunk comes with a replay; a repeated one was handled before.
      if (frame.sequence > nextSequence) return retry();
      if (frame.sequence < nextSequence) return;
      nextSequence++;
      takeChunk(frame.chunk);
    } else if (frame.type === "end") end();
    else if (frame.type === "no-active") onNoActiveReply();
    else if (frame.type === "error") {
      // Its owner is gone, and another continues or has closed it; or the reply's status could not be read; or a piece of the text
      // was lost.
      const isLost = frame.details?.field === "body.textParts";
      if (frame.code === "interrupted" || isLost || (messageId && !nextSequence)) return retry();
      deliver(transcript.end());
      end(new NatterError(frame.code, frame.errorText, frame));
    }
  };

  const takeChunk = (chunk: Chunk) => {
    if (chunk.type === "start") {
      // Another reply runs here: ours has ended, or was never started.
      const isOtherReply = messageId ? messageId !== chunk.messageId : isSent && chunk.messageId === opening?.messageId;
      if (isOtherReply) return onNoActiveReply();
      messageId = chunk.messageId;
    }
    deliver(transcript.take(chunk));
    if (chunk.type === "finish" || chunk.type === "abort") end();
  };

  const deliver = (chunks: Chunk[]) => {
    if (!chunks.length) return;
    retries = 0;
    if (!readResult) pendingChunks.push(...chunks);
    wake();
  };

  const onNoActiveReply = () => {
    if (messageId) return readStored(messageId);
    if (!opening || isStopping) return end();
    isSent = false;
    retry();
  };

  const readStored = async (id: string) => {
    stopWaiting();
    try {
      const message = await readMessage(conversationId, id);
      if (hasEnded) return;
      if (!message) throw createBrokenOffError("not_found");
      if (message.metadata.status === "streaming") return retry();
      transcript.rewind();
      toChunks(message).forEach(takeChunk);
      // Only a failed reply has no chunk for its end.
      end(createBrokenOffError(message.metadata.error));
    } catch (error) {
      end(error);
    }
  };

  const retry = () => {
    stopWaiting();
    if (retries++ >= MAX_RETRIES) return end(createBrokenOffError("interrupted"));
    const pause = retries > 1 ? Math.random() * timing.firstRetryMs * 2 ** retries : 0;
    timer = setTimeout(() => connection.ask(request), pause);
  };

  const resetIdleTimeout = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        retries++;
        connection.ask(request);
      },
      timing.quietMs * 2 ** retries,
    );
  };

  const stopWaiting = () => {
    clearTimeout(timer);
    connection.forget(request);
  };

  const sendAbort = () => connection.send({ type: "abort", requestId: request.id });

  const stop = () => {
    isStopping = true;
    if (request.isAcknowledged) sendAbort();
    else if (opening && !isSent) end();
  };

  // The turn has ended, and with it the reading.
  const end = (error?: unknown) => {
    hasEnded = true;
    stopWaiting();
    signal?.removeEventListener("abort", onAborted);
    endReading(error);
  };

  const endReading = (error?: unknown) => {
    readResult ??= { error };
    wake();
  };

  const onAborted = () => {
    pendingChunks.length = 0;
    endReading(signal!.reason);
    stop();
  };

  const request: Request = {
    ask() {
      request.isAcknowledged = false;
      nextSequence = 0;
      transcript.rewind();
      resetIdleTimeout();
      const about = { id: conversationId, headers, body, metadata };
      // A message that may have arrived is sent again: its id makes that idempotent. A regeneration has no such id, and is resumed first.
      const mayRun = isSent && (isStopping || opening?.trigger === "regenerate-message");
      if (!opening || messageId || mayRun) return { type: "resume", ...about };
      isSent = true;
      const { message, before = [], ...rest } = opening;
      const named = before.slice(-MAX_NAMED_MESSAGES).map(({ id, role }) => ({ id, role, parts: [] }));
      return { type: "send", ...about, ...rest, messages: [...named, message] };
    },
    answer(frame) {
      resetIdleTimeout();
      if (isStopping && !request.isAcknowledged) sendAbort();
      request.isAcknowledged = true;
      takeFrame(frame);
    },
    fail: end,
  };

  const waitForChunk = async () => {
    while (!pendingChunks.length && !readResult) await new Promise<void>((resolve) => (wake = resolve));
    if (pendingChunks.length) return true;
    if (readResult?.error) throw readResult.error;
    return false;
  };

  async function* read() {
    try {
      while (await waitForChunk()) yield pendingChunks.shift()!;
    } finally {
      endReading();
      if (!isStopping) end();
    }
  }

  if (signal?.aborted) endReading(signal.reason);
  else {
    signal?.addEventListener("abort", onAborted);
    connection.ask(request);
  }
  return { turn: Object.assign(read(), { stop }), waitForChunk };
}

const createBrokenOffError = (code: ErrorCode = "internal") => new NatterError(code, "The reply broke off.");
