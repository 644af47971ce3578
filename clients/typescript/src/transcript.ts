import type { Chunk } from "./protocol.js";

/** The chunks that were delivered to a reader, so that a replay delivers only what is new. */
export interface Transcript {
  /** Starts a replay from the beginning. */
  rewind(): void;
  /** Returns what `chunk` adds for the reader. If it contradicts what was delivered, that is the whole reply from its `start` chunk. */
  take(chunk: Chunk): Chunk[];
  /** Ends the replay. If more was delivered than it contained, returns the whole reply from its `start` chunk. */
  end(): Chunk[];
}

export function createTranscript(): Transcript {
  // The delivered chunks; consecutive deltas of a part are one.
  const delivered: Chunk[] = [];
  // The position of the replay: the next chunk, and how many characters of it have arrived, if it is a delta.
  let index = 0;
  let offset = 0;

  const take = (chunk: Chunk): Chunk[] => {
    if (offset && offset === textOf(delivered[index]).length && keyOf(delivered[index]) !== keyOf(chunk)) moveOn();
    const known = delivered[index];
    if (!known) {
      delivered.push({ ...chunk });
      offset = textOf(chunk).length;
      if (!offset) moveOn();
      return [chunk];
    }
    const text = textOf(chunk);
    const seen = textOf(known).slice(offset, offset + text.length);
    const rest = text.slice(seen.length);
    if (keyOf(known) !== keyOf(chunk) || !text.startsWith(seen) || (rest && delivered[index + 1])) {
      return [...restart(), ...take(chunk)];
    }
    offset += text.length;
    if (!text) moveOn();
    if (!rest || !("delta" in known)) return [];
    known.delta += rest;
    return [{ ...known, delta: rest }];
  };

  const moveOn = () => {
    index++;
    offset = 0;
  };

  // Keeps what was replayed, which is the beginning of the new reply.
  const restart = (): Chunk[] => {
    const last = delivered[index];
    delivered.length = index;
    if (last && "delta" in last && offset) delivered.push({ ...last, delta: last.delta.slice(0, offset) });
    return delivered.map((chunk) => ({ ...chunk }));
  };

  return {
    rewind() {
      index = offset = 0;
    },
    take,
    end: () => (delivered[index + 1] || offset < textOf(delivered[index]).length ? restart() : []),
  };
}

const textOf = (chunk: Chunk | undefined) => (chunk && "delta" in chunk ? chunk.delta : "");

// What must be equal in a replay. Metadata may have grown meanwhile.
const keyOf = (chunk: Chunk | undefined) => JSON.stringify({ ...chunk, delta: 0, messageMetadata: 0 });
