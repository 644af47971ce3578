import type { Node } from "./tree";

/** A cache of the rendered parts of a block, and what has to be loaded for it. */
export class Rendered {
  #before = new Map<string, Node[]>();
  #now = new Map<string, Node[]>();
  #wanted: Promise<unknown>[] = [];

  /** The nodes for `key`, which keep their identity, so that the renderer can compare by identity. */
  reuse(key: string, render: () => Node[]): Node[] {
    const nodes = this.#now.get(key) ?? this.#before.get(key) ?? render();
    this.#now.set(key, nodes);
    return nodes;
  }

  /** Adds a resource that the block has to be rendered again with, once it is loaded. */
  want(loading: Promise<unknown> | undefined) {
    if (loading) this.#wanted.push(loading);
  }

  /** Ends one rendering: drops entries that it did not use, and returns what it waits for. */
  finish(): Promise<unknown>[] {
    this.#before = this.#now;
    this.#now = new Map();
    return this.#wanted.splice(0);
  }

  clear() {
    this.#before.clear();
  }
}
