/** How each kind of entry is shown: its group, the text of its row, the number at its right. */

import { bytes, count, duration, short } from "./units.js";

/** The groups by which the list can be filtered, in the order of their chips. */
export const GROUPS = ["connections", "frames", "functions", "posts", "database", "model", "logs", "faults"];

const KINDS = {
  connectionOpened: {
    group: "connections",
    sign: "●",
    words: (entry) => ["opened", entry.handshake.principal],
    measure: (entry) => duration(entry.handshake.millis),
  },
  connectionRefused: {
    group: "connections",
    sign: "✕",
    bad: () => true,
    words: (entry) => [`refused with ${entry.status}`, entry.handshake.principal],
    measure: (entry) => duration(entry.handshake.millis),
  },
  connectionClosed: {
    group: "connections",
    sign: "○",
    words: (entry) => [`closed with ${entry.code}`, entry.reason],
  },
  frameIn: {
    group: "frames",
    sign: "→",
    words: frame,
    measure: (entry) => bytes(entry.body.bytes),
  },
  frameOut: {
    group: "frames",
    sign: "←",
    words: frame,
    measure: (entry) => bytes(entry.body.bytes),
  },
  management: {
    group: "posts",
    sign: "↑",
    bad: (entry) => entry.status >= 400,
    words: (entry) => [`${entry.method} ${entry.status}`, `${short(entry.connection)}${entry.bytes ? `, ${bytes(entry.bytes)}` : ""}`],
    measure: (entry) => duration(entry.millis),
  },
  invocationStarted: {
    group: "functions",
    sign: "▷",
    words: (entry) => [entry.function, [entry.cold ? "cold start" : "warm", entry.source].filter(Boolean).join(", ")],
    measure: (entry) => (entry.waited >= 0.1 ? `waited ${duration(entry.waited)}` : ""),
  },
  invocationAnswered: {
    group: "functions",
    sign: "◇",
    bad: (entry) => "error" in entry,
    words: (entry) => [entry.function, entry.error ?? "answered"],
    measure: (entry) => duration(entry.millis),
  },
  invocationEnded: {
    group: "functions",
    sign: "◆",
    bad: (entry) => "error" in entry,
    words: (entry) => [entry.function, entry.error ?? `ended, ${entry.billedMillis} ms billed`],
    measure: (entry) => duration(entry.millis),
  },
  invocationRefused: {
    group: "functions",
    sign: "✕",
    bad: () => true,
    words: (entry) => [entry.function, entry.error],
  },
  database: {
    group: "database",
    sign: "▤",
    bad: (entry) => entry.status >= 400,
    words: (entry) => [entry.operation, entry.status === 200 ? units(entry) : problem(entry)],
    measure: (entry) => duration(entry.millis),
  },
  model: {
    group: "model",
    sign: "✦",
    bad: (entry) => entry.status >= 400,
    words: (entry) => [`model ${entry.status}`, "began to answer"],
    measure: (entry) => duration(entry.millis),
  },
  modelStream: {
    group: "model",
    sign: "⋯",
    words: (entry) => ["model", entry.ended ? "has said all" : "says its first word"],
    measure: (entry) => bytes(entry.bytes),
  },
  log: {
    group: "logs",
    sign: "≡",
    bad: (entry) => levelOf(entry) === "ERROR",
    words: (entry) => [entry.function, logLine(entry)],
  },
  fault: { group: "faults", sign: "!", bad: () => true, words: (entry) => [entry.call, entry.outcome] },
};

export const kind = (entry) => KINDS[entry.kind];

export const isBad = (entry) => kind(entry).bad?.(entry) ?? false;

/** Whether it is a warning. */
export const isWarning = (entry) => entry.kind === "log" && levelOf(entry) === "WARN";

/** A frame by the type that it names, and what else it says. Protocols have the type under different names. */
function frame({ body }) {
  const json = parsed(body);
  if (json === null || typeof json !== "object") return ["text", body.text];
  const { type, action, message, requestId, ...rest } = json;
  const inner = rest.chunk?.type;
  if (inner) rest.chunk = { ...rest.chunk, type: undefined };
  const name = [type ?? action ?? message, inner].filter((part) => typeof part === "string").join(" ");
  return [name || "frame", Object.keys(rest).length ? JSON.stringify(rest) : requestId];
}

function units({ readUnits, writeUnits }) {
  const parts = [readUnits && count(readUnits, "read unit"), writeUnits && count(writeUnits, "write unit")].filter(Boolean);
  return parts.join(", ") || "no units";
}

function problem(entry) {
  const answer = parsed(entry.answer);
  return answer?.__type?.split("#").pop() ?? `status ${entry.status}`;
}

/** Formats a log line: Lambda's JSON lines as level, message and fields. */
export function logLine({ text }) {
  const json = parsed({ text });
  const { level, message, fields, timestamp, ...others } = json !== null && typeof json === "object" ? json : {};
  const { message: said = message, ...more } = { ...fields, ...others };
  if (typeof said !== "string") return text;
  const rest = Object.entries(more).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [level, said, ...rest].filter(Boolean).join(" ");
}

/** The level of a log line: Lambda's JSON lines have it in a field, others in the text. */
function levelOf({ text }) {
  const json = parsed({ text });
  const level = json !== null && typeof json === "object" ? json.level : /\b(ERROR|WARN)\b/.exec(text)?.[1];
  return level?.toUpperCase?.();
}

/** A body as JSON; nothing if it is not, or not whole. */
export function parsed(body) {
  try {
    return JSON.parse(body.text);
  } catch {
    return undefined;
  }
}
