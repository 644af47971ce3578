/** A change that the user made here, acknowledged by the server or not yet. */
export type LocalChange<Value> = {
  id: string;
  value: Value;
  /** The reads that cannot know it are those that began before this. */
  until: number;
};

/**
 * Local changes, by the id of what was changed. A response reflects the state when the server was asked: later or unacknowledged
 * changes override it.
 */
export class LocalChanges<Value> {
  #clock = 0;
  #changes = new Map<string, LocalChange<Value>>();

  /** Marks the start of a read, for `newer`. */
  beginRead(): number {
    return this.#clock;
  }

  /** Records a change that is about to be sent to the server. */
  note(id: string, value: Value): LocalChange<Value> {
    const change = { id, value, until: Infinity };
    this.#changes.set(id, change);
    return change;
  }

  /** The server has the change: later responses contain it. */
  acknowledge(change: LocalChange<Value>) {
    change.until = ++this.#clock;
  }

  /** The server rejected the change. False if there has been another one since. */
  drop(change: LocalChange<Value>): boolean {
    return this.#changes.get(change.id) === change && this.#changes.delete(change.id);
  }

  /** Returns the change of `id` that the response to the read started at `read` may lack. */
  newer(id: string, read: number): LocalChange<Value> | undefined {
    const change = this.#changes.get(id);
    return change && change.until > read ? change : undefined;
  }
}
