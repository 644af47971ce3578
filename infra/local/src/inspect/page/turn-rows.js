/** A turn with tools as rows: its steps, the calls of each, and what the user was asked. */

import { element } from "./element.js";
import { executionOf } from "./turns.js";
import { count, duration } from "./units.js";

/** The rows of a turn. `select` is called with the frame of the row that is chosen. */
export function turnRows({ steps, calls }, select) {
  const title = ["Turn", count(steps.length, "step"), calls.size && count(calls.size, "call")].filter(Boolean).join(", ");
  const rows = steps.flatMap((step, number) => [stepRow(step, number), ...step.calls.flatMap(callRows)]);
  return element(
    "section",
    {},
    element("h3", {}, title),
    element("ol.turn", {}, ...rows.map((row) => element("li", {}, button(row, select)))),
  );
}

function button({ tone, sign, name, more = "", state, took, frame, isBad }, select) {
  const row = element(
    `button.${tone}`,
    { type: "button", title: more, onclick: () => select(frame) },
    element("span.sign", { "aria-hidden": "true" }, sign),
    element("b", {}, name),
    element("span.more", {}, more),
    element("span.measure", {}, [state, took].filter(Boolean).join(", ")),
  );
  row.classList.toggle("bad", isBad ?? false);
  return row;
}

function stepRow({ started, ended }, number) {
  return { tone: "model", sign: "✦", name: `step ${number + 1}`, took: between(started, ended), frame: started };
}

function callRows(call) {
  const { tool, begun, called, asked, ended } = call;
  const row = {
    tone: "tools",
    sign: "ƒ",
    name: tool,
    more: [called && text(called.chunk.input), ended && outcome(ended.chunk)].filter(Boolean).join(" → "),
    state: stateOf(call),
    took: between(...executionOf(call)),
    frame: (ended ?? called ?? begun ?? asked).frame,
    isBad: ended?.chunk.type === "tool-output-error",
  };
  return asked ? [approvalRow(call), row] : [row];
}

function approvalRow({ tool, asked, answered }) {
  const { approved, reason } = answered?.chunk ?? {};
  return {
    tone: "connections",
    sign: "?",
    name: "approval",
    more: [tool, reason].filter(Boolean).join(": "),
    state: answered ? (approved ? "allowed" : "declined") : "asked",
    took: between(asked.frame, answered?.frame),
    frame: (answered ?? asked).frame,
  };
}

/** What there is to say of a call beside its outcome: nothing, if it has one. */
function stateOf({ called, asked, ended }) {
  if (ended) return { "tool-output-error": "failed", "tool-output-denied": "declined" }[ended.chunk.type];
  if (!called) return "being written";
  return !asked && !called.chunk.providerExecuted ? "handed to the page" : undefined;
}

function outcome({ type, output, errorText }) {
  if (type === "tool-output-available") return text(output);
  return errorText;
}

/** What is not known was too long to be kept. */
const text = (value) => (value === undefined ? "…" : JSON.stringify(value)).slice(0, 300);

const between = (from, to) => (from && to ? duration(Math.max(0, to.at - from.at)) : "");
