/** Which entries are shown. */

import { kind } from "./words.js";

export class Filter extends EventTarget {
  /** Groups that are hidden. */
  hidden = new Set();
  words = [];
  connection = undefined;
  function = undefined;
  #journal;

  constructor(journal) {
    super();
    this.#journal = journal;
  }

  admits(entry) {
    if (this.hidden.has(kind(entry).group)) return false;
    if (this.connection && !this.#concerns(entry)) return false;
    if (this.function && entry.function !== this.function) return false;
    if (!this.words.length) return true;
    const text = JSON.stringify(entry).toLowerCase();
    return this.words.every((word) => text.includes(word));
  }

  search(text) {
    // Frames are texts within JSON, where quotes are escaped.
    this.words = text
      .toLowerCase()
      .split(/\s+/)
      .filter(Boolean)
      .map((word) => JSON.stringify(word).slice(1, -1));
    this.#changed();
  }

  toggle(group) {
    if (!this.hidden.delete(group)) this.hidden.add(group);
    this.#changed();
  }

  /** Shows only what concerns this connection or function, or all again. */
  only(property, value) {
    this[property] = this[property] === value ? undefined : value;
    this.#changed();
  }

  /** A connection's invocations concern it, too, with all that they do. */
  #concerns(entry) {
    if (entry.connection) return entry.connection === this.connection;
    const started = this.#journal.byRequest.get(entry.request)?.find((other) => other.kind === "invocationStarted");
    return started?.connection === this.connection;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
