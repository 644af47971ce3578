/** Live connections and the functions, each a filter. */

import { byId, element, replace } from "./element.js";
import { isClosed } from "./journal.js";
import { bytes, count, duration, short } from "./units.js";

/** How many connections are listed. */
const MAX_CONNECTIONS = 40;

export class Sidebar {
  #journal;
  #filter;

  constructor(journal, filter) {
    this.#journal = journal;
    this.#filter = filter;
  }

  /** Shows the current state. */
  show(stack) {
    this.#journal.reconcile(stack);
    const all = [...this.#journal.connections.values()].sort((one, other) => other.openedAt - one.openedAt);
    const open = all.filter((connection) => !isClosed(connection));
    const closed = all.filter(isClosed);
    replace(
      byId("sidebar"),
      element("h2", {}, "Connections ", element("span.quiet", {}, `${open.length} open`)),
      element("ul", {}, ...[...open, ...closed].slice(0, MAX_CONNECTIONS).map((connection) => this.#connection(connection, stack.now))),
      element("h2", {}, "Functions"),
      element("ul", {}, ...stack.functions.map((each) => this.#function(each))),
    );
  }

  #connection(connection, now) {
    const { id, principal, openedAt, closedAt, seenAt, bytesIn, bytesOut } = connection;
    const state = isClosed(connection) ? "closed" : "open";
    const end = closedAt ?? (state === "closed" ? (seenAt ?? openedAt) : now);
    const age = duration(Math.max(0, end - openedAt));
    return this.#choice("connection", id, [
      element(`span.${state}`, { title: state, role: "img", "aria-label": state }, state === "closed" ? "○" : "●"),
      element("b", {}, principal ?? short(id)),
      element("span.quiet", { title: id }, principal ? short(id) : ""),
      element("span.quiet", {}, `${age}, in ${bytes(bytesIn)}, out ${bytes(bytesOut)}`),
    ]);
  }

  #function({ id, memory, timeout, environments }) {
    return this.#choice("function", id, [
      element("span.sign", {}, "▷"),
      element("b", {}, id),
      element("span.quiet", {}, ""),
      element("span.quiet", {}, `${memory} MB, ${timeout} s, ${count(environments, "environment")}`),
    ]);
  }

  #choice(property, value, parts) {
    const pressed = this.#filter[property] === value;
    const choose = () => this.#filter.only(property, value);
    return element(
      "li",
      {},
      element("button", { id: `only-${value}`, type: "button", "aria-pressed": String(pressed), onclick: choose }, ...parts),
    );
  }
}
