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
  const told: Chunk[] = [];
  // Of the replay: the chunk that comes next, and how many characters of it have come, if it is a delta.
  let place = 0;
  let offset = 0;

  const take = (chunk: Chunk): Chunk[] => {
    if (offset && offset === textOf(told[place]).length && keyOf(told[place]) !== keyOf(chunk)) next();
    const known = told[place];
    if (!known) {
      told.push({ ...chunk });
      offset = textOf(chunk).length;
      if (!offset) next();
      return [chunk];
    }
    const text = textOf(chunk);
    const seen = textOf(known).slice(offset, offset + text.length);
    const rest = text.slice(seen.length);
    if (keyOf(known) !== keyOf(chunk) || !text.startsWith(seen) || (rest && told[place + 1])) {
      return [...forgetRest(), ...take(chunk)];
    }
    offset += text.length;
    if (!text) next();
    if (!rest || !("delta" in known)) return [];
    known.delta += rest;
    return [{ ...known, delta: rest }];
  };

  const next = () => {
    place++;
    offset = 0;
  };

  // Keeps what has come again, which is how the new reply begins.
  const forgetRest = (): Chunk[] => {
    const last = told[place];
    told.length = place;
    if (last && "delta" in last && offset) told.push({ ...last, delta: last.delta.slice(0, offset) });
    return told.map((chunk) => ({ ...chunk }));
  };

  return {
    rewind() {
      place = offset = 0;
    },
    take,
    end: () => (told[place + 1] || offset < textOf(told[place]).length ? forgetRest() : []),
  };
}

const textOf = (chunk: Chunk | undefined) => (chunk && "delta" in chunk ? chunk.delta : "");

// What must be the same in a replay. Metadata may have grown meanwhile.
const keyOf = (chunk: Chunk | undefined) => JSON.stringify({ ...chunk, delta: 0, messageMetadata: 0 });
