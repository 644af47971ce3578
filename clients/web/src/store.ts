import { useSyncExternalStore } from "react";

/** A state that outlives components and can be watched by them. Each change makes a new object, so a watcher can compare. */
export class Store<State extends object> {
  #state: State;
  #watchers = new Set<() => void>();

  constructor(initial: State) {
    this.#state = initial;
  }

  get state(): State {
    return this.#state;
  }

  protected update(change: Partial<State>) {
    this.#state = { ...this.#state, ...change };
    this.#watchers.forEach((watcher) => watcher());
  }

  /** Calls `watcher` after each change. Returns the function that unsubscribes. */
  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };
}

/** The state of `store`; the component is rendered again when it changes. */
export function useStore<State extends object>(store: Store<State>): State {
  return useSyncExternalStore(store.watch, () => store.state);
}
