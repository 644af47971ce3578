// What is written where, and how it looks. Replies go to the standard output, all else beside it.
import { stdout, stderr } from "node:process";

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 };

/** A screen. `isTerminal` means that a user reads it; `hasColor` that colours are shown. */
export function createScreen({ isTerminal, hasColor }) {
  const style = (name, text) => (isTerminal && hasColor ? `\x1b[${STYLES[name]}m${text}\x1b[0m` : text);
  const beside = isTerminal ? stdout : stderr;

  return {
    style,
    /** A line of the program's own. */
    note: (text = "") => void beside.write(`${style("dim", text)}\n`),
    /** A line of the program's own that matters. */
    say: (text = "") => void beside.write(`${text}\n`),
    /** What went wrong. */
    problem: (text) => void stderr.write(`${style("red", text)}\n`),
    /** A piece of a reply, as it comes. */
    reply: (text) => void stdout.write(plain(text)),
    /** A piece of what the model thinks before its reply. A pipe is not given it. */
    reasoning: (text) => void (isTerminal && stdout.write(style("dim", plain(text)))),
  };
}

/** Removes terminal control sequences from `text`, since model output is untrusted. */
export const plain = (text) => text.replace(/[^\P{Cc}\n\t]/gu, "");

/** How long ago `time` was, in words. */
export function ago(time, now = Date.now()) {
  const steps = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
  ];
  const [unit, length] = steps.find(([, length]) => now - time >= length) ?? [];
  return unit ? new Intl.RelativeTimeFormat("en").format(-Math.floor((now - time) / length), unit) : "just now";
}

/** What a reply took, in a line: the model, its tokens, the money and the time, as far as they are known. */
export function summary({ model, usage, cost, timings } = {}) {
  const facts = [
    model,
    usage && `${usage.inputTokens + usage.outputTokens} tokens`,
    cost !== undefined && `$${cost.toFixed(cost < 0.01 ? 5 : 2)}`,
    timings && `${(timings.totalMs / 1000).toFixed(1)} s`,
  ];
  return facts.filter(Boolean).join(" · ");
}
