// Calls of tools: a line of each, and what the user is asked about those that wait.
import { plain } from "./screen.js";

/** How much of a value is shown in a line. */
const MAX_CHARACTERS = 120;
const HELP = "y allows it, a allows the tool from now on, n declines; a reason may follow";

/** Whether a part of a message is a call. */
export const isCall = (part) => "toolCallId" in part;

/** Takes a chunk of a reply into `calls`, by their ids. Returns the call if it has ended with this. */
export function takeChunk(calls, { type, toolCallId, approvalId, toolName, ...chunk }) {
  if (type === "tool-input-available") calls.set(toolCallId, { type: `tool-${toolName}`, toolCallId, state: "input-available", ...chunk });
  // In what follows an answer, calls have been shown before.
  const call = calls.get(toolCallId ?? approvalId);
  if (!call) return undefined;
  if (type === "tool-approval-request") Object.assign(call, { state: "approval-requested", approval: { id: approvalId } });
  if (type === "tool-approval-response") Object.assign(call, { state: "approval-responded", approval: chunk });
  if (!type.startsWith("tool-output-")) return undefined;
  return Object.assign(call, { ...chunk, state: type.slice("tool-".length) });
}

/** Whether a call waits for the user. */
export const waits = ({ state, providerExecuted }) => state === "approval-requested" || (state === "input-available" && !providerExecuted);

/** A call in a line. */
export function lineOf({ type, state, input, output, errorText, approval }, style) {
  const outcomes = {
    "output-available": () => `${style("green", "✓")} ${style("dim", short(output))}`,
    "output-error": () => `${style("red", "✗")} ${short(errorText)}`,
    "output-denied": () => `${style("red", "✗")} declined${approval?.reason ? `: ${short(approval.reason)}` : ""}`,
  };
  return `⚙ ${plain(type.slice("tool-".length))} ${style("dim", short(input))} ${outcomes[state]?.() ?? "…"}`;
}

/** Asks the user about a call that waits. False if there is nothing to ask: the terminal has no such tool. */
export function askAbout({ type, state, input }, screen) {
  const name = plain(type.slice("tool-".length));
  if (state === "approval-requested") {
    screen.say(`Allow ${screen.style("bold", name)} ${short(input, Infinity)}?`);
    screen.note(HELP);
    return true;
  }
  if (name !== "ask_user") return false;
  screen.say(screen.style("bold", plain(`${input?.question ?? ""}`)));
  choicesOf(input).forEach((choice, index) => screen.say(`${screen.style("cyan", `${index + 1}`.padStart(3))}  ${plain(choice)}`));
  return true;
}

/** The answer that `line` gives to a call; undefined if it is none. `isForever` if the tool needs no more approval. */
export function readAnswer({ toolCallId, state, input }, line) {
  if (state !== "approval-requested") {
    return { answer: { toolCallId, output: choicesOf(input)[Number(line) - 1] ?? line } };
  }
  const [, word, reason] = /^(y|yes|a|always|n|no)(?:[\s,:]+(.*))?$/is.exec(line) ?? [];
  if (!word) return undefined;
  const approved = !/^n/i.test(word);
  return { answer: { toolCallId, approved, ...(reason && { reason }) }, isForever: /^a/i.test(word) };
}

/** The answer to a call that the terminal cannot do. */
export const cannot = ({ toolCallId }) => ({ toolCallId, errorText: "The user's terminal does not have this tool." });

const choicesOf = (input) => (Array.isArray(input?.choices) ? input.choices.map(String) : []);

function short(value, most = MAX_CHARACTERS) {
  const text = plain(typeof value === "string" ? value : (JSON.stringify(value) ?? "")).replace(/\s+/g, " ");
  return text.length > most ? `${text.slice(0, most)} …` : text;
}
