/** The details of one entry. */

import { byId, element } from "./element.js";
import { pretty } from "./json.js";
import { bytes, count, duration, time } from "./units.js";
import { isBad, isWarning, kind, logLine, parsed } from "./words.js";
import { turnRows } from "./turn-rows.js";
import { turnsOf } from "./turns.js";
import { waterfall } from "./waterfall.js";

/** Fields that are shown elsewhere, or not at all. */
const APART = new Set(["kind", "at", "sequence", "body", "request", "answer", "text", "error", "handshake", "requestBody"]);

export function showDetail(journal, entry, select) {
  const { sign, words, group } = kind(entry);
  const [what] = words(entry);
  const work = workOf(journal, entry);
  const turns = turnsOf(journal, work ? [work.frame, ...work.frames].filter(Boolean) : [entry]);
  const parts = [
    element(`h2.${group}`, {}, element("span.sign", {}, sign), " ", what),
    element("p.quiet", {}, `${time(entry.at)} · number ${entry.sequence} · ${spoken(entry.kind)}`),
    entry.error && element("p.error", {}, entry.error),
    facts(entry),
    work && waterfall({ ...work, calls: turns.flatMap(({ calls }) => [...calls.values()]), chosen: entry }, select),
    ...turns.map((turn) => turnRows(turn, select)),
    entry.handshake && section("Handshake", pretty(entry.handshake)),
    entry.body && body("Content", entry.body),
    entry.asked && body("Request", entry.asked),
    entry.answer && body("Answer", entry.answer),
    entry.text && section("Line", line(entry.text)),
    logs(journal, entry),
  ];
  byId("detail").replaceChildren(...parts.filter(Boolean));
  byId("detail").classList.toggle("bad", isBad(entry));
  byId("detail").classList.toggle("warning", isWarning(entry));
  byId("detail").scrollTop = 0;
}

function facts(entry) {
  const rows = Object.entries(entry).filter(([name, value]) => !APART.has(name) && typeof value !== "object");
  if (entry.request) rows.push(["request", entry.request]);
  for (const { action, resource } of entry.permissions ?? []) rows.push(["needs on AWS", `${action} on ${resource}`]);
  return element("dl", {}, ...rows.flatMap(([name, value]) => [element("dt", {}, spoken(name)), element("dd", {}, fact(name, value))]));
}

function fact(name, value) {
  if (["millis", "waited", "init"].includes(name)) return duration(value);
  if (name === "billedMillis") return `${value} ms`;
  if (name === "memory" || name === "memoryUsed") return `${value} MB`;
  if (name === "bytes") return bytes(value);
  if (name === "cold") return value ? "yes" : "no, warm";
  return String(value);
}

/** `gatewayRequest` → `gateway request`. */
const spoken = (name) =>
  (name === "millis" ? "took" : name).replace(/Millis$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function section(title, ...content) {
  return element("section", {}, element("h3", {}, title), ...content);
}

function body(title, content) {
  const json = parsed(content);
  const shown = json === undefined ? element("pre", { tabIndex: 0 }, content.text) : pretty(json);
  const cut = new TextEncoder().encode(content.text).length < content.bytes;
  return section(`${title}, ${bytes(content.bytes)}${cut ? ", of which the beginning" : ""}`, shown);
}

/** Many functions log JSON. */
function line(text) {
  const json = parsed({ text });
  return json && typeof json === "object" ? pretty(json) : element("pre", { tabIndex: 0 }, text);
}

/** The invocation that an entry belongs to: its own, or that of a frame from a client. */
function requestOf(journal, entry) {
  if (entry.request) return entry.request;
  if (entry.kind !== "frameIn") return undefined;
  const started = journal.entries.findLast((other) => other.kind === "invocationStarted" && other.gatewayRequest === entry.gatewayRequest);
  return started?.request;
}

/** What the invocation did that an entry belongs to: its entries, the frame that caused it, and those that left meanwhile. */
function workOf(journal, entry) {
  const entries = journal.byRequest.get(requestOf(journal, entry));
  const started = entries?.find((other) => other.kind === "invocationStarted");
  if (!started) return undefined;
  const to = entries.find((other) => other.kind === "invocationEnded")?.at ?? Infinity;
  const posted = new Set(entries.filter((other) => other.kind === "management").map((other) => other.connection));
  const left = (other) => other.kind === "frameOut" && other.at >= started.at && other.at <= to && posted.has(other.connection);
  const frame = journal.byGatewayRequest.get(started.gatewayRequest);
  return { entries, frame, frames: journal.entries.filter(left) };
}

/** The log lines of an invocation. */
function logs(journal, entry) {
  if (!entry.kind.startsWith("invocation")) return undefined;
  const lines = (journal.byRequest.get(entry.request) ?? []).filter((other) => other.kind === "log");
  return lines.length
    ? section(`Log, ${count(lines.length, "line")}`, element("pre", { tabIndex: 0 }, lines.map(logLine).join("\n")))
    : undefined;
}
