/** The list of entries: newest at the end, kept in view while nobody scrolls up. */

import { byId, element } from "./element.js";
import { isBad, isWarning, kind } from "./words.js";
import { time } from "./units.js";

/** How many rows are shown; older ones can be found by searching. */
const MAX_ROWS = 600;

export class List extends EventTarget {
  #journal;
  #filter;
  #list = byId("entries");
  #selected;
  #paused = false;

  constructor(journal, filter) {
    super();
    this.#journal = journal;
    this.#filter = filter;
    journal.addEventListener("entries", ({ detail }) => this.#paused || this.#append(detail));
    journal.addEventListener("cleared", () => this.#fill());
    filter.addEventListener("change", () => this.#fill());
    this.#list.addEventListener("click", ({ target }) => this.#select(target.closest("li")));
    this.#list.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Holds the list still, or shows what has come meanwhile. */
  pause(paused) {
    this.#paused = paused;
    if (!paused) this.#fill();
  }

  /** Selects an entry, which need not be in the list. */
  select(entry) {
    this.#select(byId(`entry-${entry.sequence}`), entry);
  }

  #fill() {
    const shown = [];
    for (let at = this.#journal.entries.length - 1; at >= 0 && shown.length < MAX_ROWS; at -= 1) {
      const entry = this.#journal.entries[at];
      if (this.#filter.admits(entry)) shown.push(entry);
    }
    this.#list.replaceChildren(...shown.reverse().map((entry) => this.#row(entry)));
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#counted();
  }

  #append(entries) {
    const list = this.#list;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(...entries.filter((entry) => this.#filter.admits(entry)).map((entry) => this.#row(entry)));
    while (atEnd && list.childElementCount > MAX_ROWS) list.firstElementChild.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
    this.#counted();
  }

  #counted() {
    byId("empty").hidden = this.#list.childElementCount > 0;
    byId("empty").textContent = this.#journal.entries.length
      ? "Nothing like this has happened."
      : "Nothing has happened yet. Open the chat and say something.";
  }

  #row(entry) {
    const { group, sign, words, measure } = kind(entry);
    const [what, more] = words(entry);
    const row = element(
      `li.${group}`,
      { id: `entry-${entry.sequence}`, role: "option", "aria-selected": entry === this.#selected },
      element("time", {}, time(entry.at)),
      element("span.sign", { "aria-hidden": "true" }, sign),
      element("b", {}, what),
      element("span.more", {}, (more ?? "").slice(0, 300)),
      element("span.measure", {}, measure?.(entry) ?? ""),
    );
    row.classList.toggle("bad", isBad(entry));
    row.classList.toggle("warning", isWarning(entry));
    row.entry = entry;
    return row;
  }

  #select(row, entry = row?.entry) {
    if (!entry) return;
    this.#list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    this.#selected = entry;
    row?.setAttribute("aria-selected", "true");
    row?.scrollIntoView({ block: "nearest" });
    this.#list.setAttribute("aria-activedescendant", row?.id ?? "");
    this.dispatchEvent(new CustomEvent("select", { detail: entry }));
  }

  #press(event) {
    const rows = this.#list;
    const current = rows.querySelector("[aria-selected=true]");
    const step = {
      ArrowDown: current?.nextElementSibling,
      ArrowUp: current?.previousElementSibling,
      j: current?.nextElementSibling,
      k: current?.previousElementSibling,
    };
    const to = { Home: rows.firstElementChild, End: rows.lastElementChild, ...step }[event.key];
    if (event.key in step || event.key === "Home" || event.key === "End") {
      event.preventDefault();
      this.#select(current ? to : (to ?? rows.lastElementChild));
    }
  }
}
