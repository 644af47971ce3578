import type { Node } from "./tree";

/** What was rendered of a block, to be taken again for parts that did not change, and what has yet to be loaded for it. */
export class Rendered {
  #before = new Map<string, Node[]>();
  #now = new Map<string, Node[]>();
  #wanted: Promise<unknown>[] = [];

  /** What `key` was rendered as; the same objects as before, so that the renderer can compare identities. */
  reuse(key: string, render: () => Node[]): Node[] {
    const nodes = this.#now.get(key) ?? this.#before.get(key) ?? render();
    this.#now.set(key, nodes);
    return nodes;
  }

  /** Notes what the block will look better with, once it is loaded. */
  want(loading: Promise<unknown> | undefined) {
    if (loading) this.#wanted.push(loading);
  }

  /** Ends one rendering: what was not used in it is forgotten. Returns what it waits for. */
  finish(): Promise<unknown>[] {
    this.#before = this.#now;
    this.#now = new Map();
    return this.#wanted.splice(0);
  }

  clear() {
    this.#before.clear();
  }
}
