import { plain } from "./screen.js";

/** Shows a reply while it comes. Returns its id, and `how` it ended: `finished`, `stopped` or `interrupted`. Throws if it failed. */
export async function showReply(turn, screen) {
  let hasText = false;
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
      hasText = true;
      screen.reply(chunk.delta);
    }
    if (chunk.type === "finish") ending = { how: "finished", metadata: chunk.messageMetadata };
    if (chunk.type === "abort") ending = { how: chunk.reason === "interrupted" ? "interrupted" : "stopped" };
  }
  screen.reply("\n");
  return { ...ending, messageId };
}

/** Shows a message of the history. */
export function showMessage({ role, parts }, screen) {
  for (const [index, { type, text }] of parts.entries()) {
    if (type === "step-start") screen.reply(index > 0 ? "\n" : "");
    else if (role === "user") screen.say(`${screen.style("cyan", "›")} ${screen.style("bold", plain(text))}`);
    else if (type === "reasoning") screen.reasoning(`${text}\n\n`);
    else screen.reply(`${text}\n`);
  }
  screen.say();
}
