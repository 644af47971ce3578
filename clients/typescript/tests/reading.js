// A reader of replies, as a program that shows them.
import { within } from "../../../tests/stock_transport/waiting.js";

/** Reads `turn` as it arrives. What is shown can be read at any time; `ended` resolves at its end. */
export function read(turn) {
  const reader = { chunks: [], shown: "", reasoning: "", messageId: undefined, restarts: -1, error: undefined };
  const take = (chunk) => {
    reader.chunks.push(chunk);
    if (chunk.type === "start") {
      Object.assign(reader, { messageId: chunk.messageId, shown: "", reasoning: "", restarts: reader.restarts + 1 });
    }
    if (chunk.type === "text-delta") reader.shown += chunk.delta;
    if (chunk.type === "reasoning-delta") reader.reasoning += chunk.delta;
  };
  reader.ended = (async () => {
    try {
      for await (const chunk of turn) take(chunk);
    } catch (error) {
      reader.error = error;
    }
    return reader;
  })();
  /** Resolves when `count` words are shown. */
  reader.words = (count) =>
    within(
      60,
      () => {
        if (reader.error) throw reader.error;
        return reader.shown.split(" ").length > count;
      },
      () => `${count} words, after “${reader.shown}”`,
    );
  return reader;
}
