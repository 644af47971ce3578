import type { Chunk } from "./protocol.js";

/** What a reader of a reply was told, so that a replay tells only what is new. */
export interface Transcript {
  /** What comes next is a replay from the beginning. */
  rewind(): void;
  /** What `chunk` adds for the reader. If it contradicts what was told, that is the whole reply anew, from its `start` chunk. */
  take(chunk: Chunk): Chunk[];
  /** Nothing comes any more. If the reader was told more than came, this is the whole reply anew. */
  end(): Chunk[];
}

export function createTranscript(): Transcript {
  // The chunks that were told; the deltas of a part that follow each other are one.
  const delivered: Chunk[] = [];
  // Of the replay: the chunk that comes next, and how many characters of it have come, if it is a delta.
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

  // Keeps what has come again, which is how the new reply begins.
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

// What must be the same in a replay. Metadata may have grown meanwhile.
const keyOf = (chunk: Chunk | undefined) => JSON.stringify({ ...chunk, delta: 0, messageMetadata: 0 });
