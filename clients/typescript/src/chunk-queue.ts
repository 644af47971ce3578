import type { Chunk } from "./protocol.js";

/** The chunks of a reply until they are read. */
export function createChunkQueue() {
  const chunks: Chunk[] = [];
  // The result of reading, which may end before the turn does.
  let result: { error?: unknown } | undefined;
  let wake = () => {};
  return {
    /** Adds chunks, unless the queue has ended. */
    push(added: Chunk[]) {
      if (!result) chunks.push(...added);
      wake();
    },
    /** Ends it after the chunks that are in it. Only the first end counts. */
    end(error?: unknown) {
      result ??= { error };
      wake();
    },
    /** Drops the chunks that are in it. */
    clear() {
      chunks.length = 0;
    },
    /** Waits for a chunk. False if it has ended without one, and throws the error with which it ended. */
    async wait(): Promise<boolean> {
      while (!chunks.length && !result) await new Promise<void>((resolve) => (wake = resolve));
      if (!chunks.length && result?.error) throw result.error;
      return chunks.length > 0;
    },
    /** Takes the next chunk, after `wait`. */
    take: (): Chunk => chunks.shift()!,
  };
}
