/** The page: wires its parts together. */

import { readMeter, showCost } from "./cost.js";
import { showDetail } from "./detail.js";
import { byId, element } from "./element.js";
import { Filter } from "./filter.js";
import { Journal } from "./journal.js";
import { List } from "./list.js";
import { readMetrics, showMetrics } from "./metrics.js";
import { Sidebar } from "./sidebar.js";
import { Tables } from "./tables.js";
import { dollars } from "./units.js";
import { GROUPS } from "./words.js";

/** How often the state and the meter are read. */
const POLL_INTERVAL_MS = 1000;

const journal = new Journal();
const filter = new Filter(journal);
const list = new List(journal, filter);
const sidebar = new Sidebar(journal, filter);
const tables = new Tables();
const tabs = ["activity", "tables", "metrics", "cost"];

const select = (entry) => list.select(entry);
list.addEventListener("select", ({ detail }) => showDetail(journal, detail, select));

byId("detail").append(element("p.quiet", {}, "Choose an entry to see all of it. Arrow keys move; / searches; p pauses."));
byId("kinds").append(
  ...GROUPS.map((group) => {
    const toggle = (event) => {
      filter.toggle(group);
      event.target.setAttribute("aria-pressed", String(!filter.hidden.has(group)));
    };
    return element(`button.${group}`, { type: "button", "aria-pressed": "true", onclick: toggle }, group);
  }),
);
byId("search").addEventListener("input", ({ target }) => filter.search(target.value));
byId("clear").addEventListener("click", () => journal.clear());
byId("pause").addEventListener("click", pause);
filter.addEventListener("change", refresh);
journal.addEventListener("state", ({ detail }) => {
  byId("state").textContent = { live: "live", reconnecting: "reconnecting …", off: "the journal is off" }[detail];
  byId("state").className = detail;
});

function pause() {
  const paused = byId("pause").getAttribute("aria-pressed") !== "true";
  byId("pause").setAttribute("aria-pressed", String(paused));
  byId("pause").textContent = paused ? "Paused" : "Pause";
  list.pause(paused);
}

function open(name) {
  for (const tab of tabs) {
    byId(tab).hidden = tab !== name;
    byId(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
    byId(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
  }
  if (name === "tables") tables.open();
  refresh();
}

for (const [at, tab] of tabs.entries()) {
  byId(`tab-${tab}`).addEventListener("click", () => open(tab));
  byId(`tab-${tab}`).addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step) byId(`tab-${tabs.at((at + step) % tabs.length)}`).focus();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target === byId("search")) {
    byId("search").value = "";
    filter.search("");
    byId("entries").focus();
  }
  if (event.target.matches("input, select") || event.metaKey || event.ctrlKey || event.altKey) return;
  const act = {
    "/": () => byId("search").focus(),
    p: pause,
    1: () => open("activity"),
    2: () => open("tables"),
    3: () => open("metrics"),
    4: () => open("cost"),
  }[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

async function refresh() {
  try {
    const read = [fetch("/local/stack").then((answer) => answer.json()), readMeter(), readMetrics()];
    const [stack, meter, metrics] = await Promise.all(read);
    byId("domain").textContent = stack.domain;
    byId("faults").hidden = !stack.faults;
    byId("faults").textContent = `faults: ${stack.faults}`;
    byId("dollars").textContent = `${dollars(meter.bill.dollars)} so far`;
    sidebar.show(stack);
    showMetrics(metrics);
    showCost(meter, () => fetch("/local/meter/reset", { method: "POST" }).then(refresh));
  } catch {
    // The stack is unreachable; the event stream shows that.
  }
}

setInterval(() => document.hidden || refresh(), POLL_INTERVAL_MS);
refresh();
journal.follow();
