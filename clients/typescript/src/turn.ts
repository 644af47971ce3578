import { createChunkQueue } from "./chunk-queue.js";
import type { Chunk } from "./protocol.js";
import { createReplyRequest, type ReplyContext } from "./reply-request.js";
import type { TurnOptions } from "./turn-options.js";

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

/** A turn, and a function that waits for its first chunk: false if none comes, as when nothing runs. */
export type OpenedTurn = { turn: Turn; waitForChunk: () => Promise<boolean> };

/** Starts a turn, or follows the one that runs. */
export function openTurn(context: Omit<ReplyContext, "onChunks" | "onEnd">, options: TurnOptions): OpenedTurn {
  const { signal } = options;
  const queue = createChunkQueue();
  const onAborted = () => {
    queue.clear();
    queue.end(signal!.reason);
    stop();
  };
  const onEnd = (error?: unknown) => {
    signal?.removeEventListener("abort", onAborted);
    queue.end(error);
  };
  const { start, stop, leave } = createReplyRequest({ ...context, onChunks: queue.push, onEnd }, options);

  async function* read() {
    try {
      while (await queue.wait()) yield queue.take();
    } finally {
      // The reader may have stopped before the end.
      queue.end();
      leave();
    }
  }

  if (signal?.aborted) queue.end(signal.reason);
  else {
    signal?.addEventListener("abort", onAborted);
    start();
  }
  return { turn: Object.assign(read(), { stop }), waitForChunk: queue.wait };
}
