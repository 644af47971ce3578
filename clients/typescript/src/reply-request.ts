import { createContinuation } from "./answers.js";
import type { Connection } from "./connection.js";
import { NatterError } from "./error.js";
import type { Chunk, ErrorCode, HistoryMessage, ServerFrame } from "./protocol.js";
import type { Request } from "./request.js";
import { createRetries } from "./retries.js";
import { toChunks } from "./stored-reply.js";
import type { Timing } from "./timing.js";
import { createTranscript } from "./transcript.js";
import type { TurnOptions } from "./turn-options.js";

/** How many of the messages before a new one are named. The nearest may never have arrived. */
const MAX_NAMED_MESSAGES = 8;

/** What the request of a reply needs, and where it delivers. */
export type ReplyContext = {
  connection: Connection;
  timing: Timing;
  /** Reads a message from the history. */
  readMessage(conversationId: string, messageId: string): Promise<HistoryMessage | undefined>;
  /** Takes the chunks that are new, in order. */
  onChunks(chunks: Chunk[]): void;
  /** The reply has ended; with an error, if it failed. */
  onEnd(error?: unknown): void;
};

/** The request of a reply. */
export interface ReplyRequest {
  /** Sends it, now or as soon as there is a connection. */
  start(): void;
  /** Asks the server to stop the reply. */
  stop(): void;
  /** Ends it here; the reply goes on at the server, unless it is being stopped. */
  leave(): void;
}

/** Creates the request of a reply, which is repeated until the reply has ended. */
export function createReplyRequest(context: ReplyContext, options: TurnOptions): ReplyRequest {
  const { connection, timing, readMessage, onChunks, onEnd } = context;
  const { conversationId, opening } = options;
  const transcript = createTranscript();
  // The reply that these answers let go on.
  const answered = opening?.message.role === "assistant" ? opening.message : undefined;
  const answeredCalls = new Set(answered?.parts.map((part) => (part as { toolCallId: string }).toolCallId));
  // Whether a chunk is new to the reader, who has what was written before the answers.
  let isNew = (_: Chunk) => true;
  let messageId: string | undefined;
  let isSent = false;
  let isStopping = false;
  let hasEnded = false;
  let nextSequence = 0;

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
      // Its owner is gone, and another continues or has closed it; or the reply's status could not be read; or a part of the text
      // was lost.
      const isLost = frame.details?.field === "body.textParts";
      // Another device has answered, and the reply goes on.
      if (answered && frame.code === "conversation_busy" && frame.details?.messageId === answered.id) messageId = answered.id;
      if (frame.code === "interrupted" || isLost || (messageId && !nextSequence)) return retry();
      deliver(transcript.end());
      end(new NatterError(frame.code, frame.errorText, frame));
    }
  };

  const takeChunk = (chunk: Chunk) => {
    if (chunk.type === "start") {
      // Another reply runs here: ours has ended, or was never started.
      const known = messageId ?? answered?.id;
      const isOtherReply = known ? known !== chunk.messageId : isSent && chunk.messageId === opening?.messageId;
      if (isOtherReply) return onNoActiveReply();
      messageId = chunk.messageId;
    }
    if (isNew(chunk)) deliver(transcript.take(chunk));
    if (chunk.type === "finish" || chunk.type === "abort") end();
  };

  const deliver = (chunks: Chunk[]) => {
    if (!chunks.length) return;
    retries.reset();
    onChunks(chunks);
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
      rewind(true);
      toChunks(message).forEach(takeChunk);
      // Only a failed reply has no chunk for its end.
      end(createBrokenOffError(message.metadata.error));
    } catch (error) {
      end(error);
    }
  };

  const rewind = (isWhole: boolean) => {
    transcript.rewind();
    isNew = answered ? createContinuation(answeredCalls, isWhole) : () => true;
  };

  const retry = () => {
    stopWaiting();
    if (!retries.retry()) end(createBrokenOffError("interrupted"));
  };

  const stopWaiting = () => {
    retries.stop();
    connection.forget(request);
  };

  const end = (error?: unknown) => {
    hasEnded = true;
    stopWaiting();
    onEnd(error);
  };

  const sendAbort = () => connection.send({ type: "abort", requestId: request.id });

  const request: Request = {
    ask() {
      request.isAcknowledged = false;
      nextSequence = 0;
      retries.resetIdleTimeout();
      // A message that may have arrived is sent again: its id makes that idempotent, and so are answers. A regeneration has no such
      // id, and is resumed first.
      const mayRun = isSent && (isStopping || opening?.trigger === "regenerate-message");
      const isResumed = !opening || messageId !== undefined || mayRun;
      rewind(isResumed);
      if (isResumed) return toFrame("resume", options);
      isSent = true;
      return toFrame("send", options);
    },
    answer(frame) {
      retries.resetIdleTimeout();
      if (isStopping && !request.isAcknowledged) sendAbort();
      request.isAcknowledged = true;
      takeFrame(frame);
    },
    fail: end,
  };
  const start = () => connection.ask(request);
  const retries = createRetries(timing, start);

  return {
    start,
    stop() {
      isStopping = true;
      if (request.isAcknowledged) sendAbort();
      else if (opening && !isSent) end();
    },
    leave() {
      if (!isStopping) end();
    },
  };
}

function toFrame(type: "send" | "resume", { conversationId: id, opening, headers = {}, body = {}, metadata, alwaysAllow }: TurnOptions) {
  const about = { type, id, headers, body: alwaysAllow ? { ...body, alwaysAllow } : body, metadata };
  if (type === "resume") return about;
  const { message, before = [], ...rest } = opening!;
  const named = before.slice(-MAX_NAMED_MESSAGES).map(({ id, role }) => ({ id, role, parts: [] }));
  return { ...about, ...rest, messages: [...named, message] };
}

const createBrokenOffError = (code: ErrorCode = "internal") => new NatterError(code, "The reply broke off.");
