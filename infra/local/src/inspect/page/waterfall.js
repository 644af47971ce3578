/** One invocation on a time axis, with a lane for each kind of event. */

import { element } from "./element.js";
import { executionOf } from "./turns.js";
import { isBad, kind } from "./words.js";
import { duration } from "./units.js";

/**
 * The lanes of an invocation. `entries` are its own, `frame` is the one that caused it, `frames` are those that left for its
 * connection meanwhile, `calls` are those of its turns, and `chosen` stands out; `select` is called with the entry of a bar.
 */
export function waterfall({ entries, frame, frames, calls, chosen }, select) {
  const started = entries.find((entry) => entry.kind === "invocationStarted");
  const answered = entries.find((entry) => entry.kind === "invocationAnswered");
  const ended = entries.find((entry) => entry.kind === "invocationEnded");
  if (!started) return undefined;

  const from = Math.min(frame?.at ?? Infinity, started.at - started.waited);
  const last = [...entries, ...frames].reduce((latest, entry) => Math.max(latest, entry.at), started.at);
  const to = ended?.at ?? last;
  const span = Math.max(to - from, 0.1);
  const bar = (entry, start, end, tone, title) => {
    const left = ((start - from) / span) * 100;
    const mark = element(`button.bar.${tone}`, { type: "button", title, onclick: () => select(entry) });
    mark.style.left = `${left}%`;
    mark.style.width = `${Math.max(0, ((end - start) / span) * 100)}%`;
    mark.classList.toggle("bad", isBad(entry));
    mark.classList.toggle("chosen", entry === chosen);
    return mark;
  };
  const spans = (list) => list.map((entry) => bar(entry, entry.at - (entry.millis ?? 0), entry.at, kind(entry).group, titleOf(entry)));
  const of = (...kinds) => entries.filter((entry) => kinds.includes(entry.kind));

  // Of a call that was made in another invocation, or by the page, there is no frame here that began it.
  const executed = calls.flatMap((call) => {
    const [start, end] = executionOf(call);
    const isHere = frames.includes(start) && frames.includes(end);
    return isHere ? [bar(end, start.at, end.at, "tools", `${call.tool} · ${duration(end.at - start.at)}`)] : [];
  });

  const work = [];
  const init = ended?.init ?? 0;
  if (started.at - from > 0.05) {
    work.push(
      bar(started, from, started.at, started.cold ? "cold" : "waits", started.cold ? `cold start, init ${duration(init)}` : "waits"),
    );
  }
  const response = answered?.at ?? to;
  work.push(bar(answered ?? started, started.at, response, "functions", `until the response: ${duration(response - started.at)}`));
  if (answered && to > response) work.push(bar(ended ?? started, response, to, "after", `after the response: ${duration(to - response)}`));

  const lanes = [
    ["frame in", frame ? spans([frame]) : []],
    ["function", work],
    ["database", spans(of("database"))],
    ["model", spans(of("model", "modelStream"))],
    ["tools", executed],
    ["posts", spans(of("management"))],
    ["frames out", spans(frames)],
    ["faults", spans(of("fault"))],
    ["logs", spans(of("log"))],
  ];
  return element(
    "figure.waterfall",
    {},
    element("figcaption", {}, caption(started, ended, to - from)),
    ...lanes
      .filter(([, bars]) => bars.length)
      .flatMap(([name, bars]) => [
        element("span.lane-name", {}, name),
        element("div.lane", {}, ...bars),
        element("span.measure", {}, name === "function" ? duration(to - started.at) : `${bars.length}`),
      ]),
    element("span", {}),
    element("div.axis", {}, ...[0, 0.25, 0.5, 0.75, 1].map((part) => element("span", {}, duration(span * part)))),
    element("span", {}),
  );
}

function caption(started, ended, millis) {
  const outcome = ended ? (ended.error ? `failed after ${duration(millis)}` : `${duration(millis)} in all`) : "under way";
  return `${started.function}, ${started.cold ? "cold" : "warm"}, ${outcome}`;
}

function titleOf(entry) {
  const { words, measure } = kind(entry);
  return [...words(entry).map((part) => (part ?? "").slice(0, 80)), measure?.(entry)].filter(Boolean).join(" · ");
}
