import { isCall, lineOf, takeChunk, waits } from "./calls.js";
import { plain } from "./screen.js";

/** How a reply has ended that finished for another reason than that it was complete. */
const ENDINGS = { "tool-calls": "waiting", interrupted: "stopped" };

/**
 * Shows a reply while it comes; `known` are calls that were shown before. Returns its id, the calls that wait for the user, and `how` it
 * ended: `finished`, `waiting`, `stopped` or `interrupted`. Throws if it failed.
 */
export async function showReply(turn, screen, known = []) {
  const calls = new Map(known.map((call) => [call.toolCallId, call]));
  let hasText = false;
  let isLineOpen = false;
  let isThinking = false;
  // What separates the next token from the step before.
  let gap = "";
  let messageId;
  let ending = { how: "finished" };
  for await (const chunk of turn) {
    if (chunk.type === "start") {
      messageId = chunk.messageId;
      if (hasText) screen.note("\n\n(The reply broke off, and is written anew.)\n");
      hasText = false;
      gap = "";
    }
    if (chunk.type === "start-step" && hasText) gap = "\n\n";
    if (chunk.type === "reasoning-delta" || chunk.type === "text-delta") {
      screen.reply(gap);
      gap = "";
    }
    if (chunk.type === "reasoning-delta") {
      isThinking = true;
      screen.reasoning(chunk.delta);
    }
    if (chunk.type === "text-delta") {
      if (isThinking) screen.reasoning("\n\n");
      isThinking = false;
      hasText = isLineOpen = true;
      screen.reply(chunk.delta);
    }
    const call = takeChunk(calls, chunk);
    if (call) {
      screen.note(`${isLineOpen ? "\n" : ""}${lineOf(call, screen.style)}`);
      isLineOpen = false;
    }
    if (chunk.type === "finish") ending = { how: ENDINGS[chunk.finishReason] ?? "finished", metadata: chunk.messageMetadata };
    if (chunk.type === "abort") ending = { how: chunk.reason === "interrupted" ? "interrupted" : "stopped" };
  }
  screen.reply("\n");
  return { ...ending, messageId, waiting: ending.how === "waiting" ? [...calls.values()].filter(waits) : [] };
}

/** Shows a message of the history. */
export function showMessage({ role, parts }, screen) {
  for (const [index, part] of parts.entries()) {
    const { type, text } = part;
    if (isCall(part)) screen.note(lineOf(part, screen.style));
    else if (type === "step-start") screen.reply(index > 0 ? "\n" : "");
    else if (role === "user") screen.say(`${screen.style("cyan", "›")} ${screen.style("bold", plain(text))}`);
    else if (type === "reasoning") screen.reasoning(`${text}\n\n`);
    else screen.reply(`${text}\n`);
  }
  screen.say();
}
