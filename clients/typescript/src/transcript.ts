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
  // The number of its newest text or reasoning, which is its id for the reader: a history does not know the ids of the stream.
  let part = -1;

  const take = (chunk: Chunk): Chunk[] => {
    if (chunk.type === "text-start" || chunk.type === "reasoning-start") part++;
    return match("id" in chunk ? { ...chunk, id: `${part}` } : chunk);
  };

  const match = (chunk: Chunk): Chunk[] => {
    if (offset && offset === textOf(delivered[index]).length && keyOf(delivered[index]) !== keyOf(chunk)) moveOn();
    if (isOutcome(chunk) && !offset) return matchOutcome(chunk);
    const known = delivered[index];
    if (!known) {
      delivered.push({ ...chunk });
      offset = textOf(chunk).length;
      if (!offset) moveOn();
      return [chunk];
    }
    // A call that is complete is not announced in a replay, and one that was may be complete by then.
    if (known.type === "tool-input-start" && chunk.type === "tool-input-available" && isSameCall(known, chunk)) {
      moveOn();
      return match(chunk);
    }
    if (chunk.type === "tool-input-start" && known.type === "tool-input-available" && isSameCall(known, chunk)) return [];
    const text = textOf(chunk);
    const seen = textOf(known).slice(offset, offset + text.length);
    const rest = text.slice(seen.length);
    if (keyOf(known) !== keyOf(chunk) || !text.startsWith(seen) || (rest && delivered[index + 1])) {
      return [...restart(), ...match(chunk)];
    }
    offset += text.length;
    if (!text) moveOn();
    if (!rest || !("delta" in known)) return [];
    known.delta += rest;
    return [{ ...known, delta: rest }];
  };

  // Calls are executed at the same time, and a history does not know in which order they ended.
  const matchOutcome = (chunk: Chunk): Chunk[] => {
    let at = index;
    while (isOutcome(delivered[at]) && keyOf(delivered[at]) !== keyOf(chunk)) at++;
    const isKnown = isOutcome(delivered[at]);
    if (isKnown) delivered.splice(at, 1);
    delivered.splice(index, 0, chunk);
    moveOn();
    return isKnown ? [] : [chunk];
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
      part = -1;
    },
    take,
    end() {
      const next = delivered[index];
      const hasMore = delivered[index + 1] || offset < textOf(next).length || next?.type.startsWith("tool-");
      return hasMore ? restart() : [];
    },
  };
}

const textOf = (chunk: Chunk | undefined) => (chunk && "delta" in chunk ? chunk.delta : "");

// What becomes of calls, behind the step that asked for them.
const isOutcome = (chunk: Chunk | undefined) => chunk !== undefined && /^tool-(approval|output)-/.test(chunk.type);

const isSameCall = (one: { toolCallId: string; toolName: string }, other: { toolCallId: string; toolName: string }) =>
  one.toolCallId === other.toolCallId && one.toolName === other.toolName;

// What must be equal in a replay. Metadata may have grown meanwhile.
const keyOf = (chunk: Chunk | undefined) => JSON.stringify({ ...chunk, delta: 0, messageMetadata: 0 });
