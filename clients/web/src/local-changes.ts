/** A change that the user made here; the server has it, or is being told. */
export type LocalChange<Value> = {
  id: string;
  value: Value;
  /** The reads that cannot know it are those that began before this. */
  until: number;
};

/**
 * What the user changed here, by the id of what was changed. An answer of the server says how things were when it was asked: what was changed
 * since, or is not acknowledged yet, counts more than the answer.
 */
export class LocalChanges<Value> {
  #clock = 0;
  #changes = new Map<string, LocalChange<Value>>();

  /** Marks the beginning of a read, for `newer`. */
  beginRead(): number {
    return this.#clock;
  }

  /** Notes a change that the server is about to be told. */
  note(id: string, value: Value): LocalChange<Value> {
    const change = { id, value, until: Infinity };
    this.#changes.set(id, change);
    return change;
  }

  /** The server has the change: what is asked from now on is answered with it. */
  acknowledge(change: LocalChange<Value>) {
    change.until = ++this.#clock;
  }

  /** The server did not take the change. False if there has been another one since. */
  drop(change: LocalChange<Value>): boolean {
    return this.#changes.get(change.id) === change && this.#changes.delete(change.id);
  }

  /** The change of `id` that an answer to the read that began at `read` may not hold. */
  newer(id: string, read: number): LocalChange<Value> | undefined {
    const change = this.#changes.get(id);
    return change && change.until > read ? change : undefined;
  }
}
