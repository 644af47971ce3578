import { remember, recall } from "./browser-storage";
import { Store } from "./store";

type State = { ids: ReadonlySet<string> };

/** A set of ids that all tabs of this browser share, for as long as the page is open also where the browser keeps nothing. */
export class StoredSet extends Store<State> {
  #key: string;
  #max: number;

  /** Of more than `max` ids, the newest are kept. */
  constructor(key: string, max: number) {
    super({ ids: read(key) });
    this.#key = key;
    this.#max = max;
    // Another tab has changed it.
    addEventListener("storage", (event) => event.key?.endsWith(`.${key}`) && this.update({ ids: read(key) }));
  }

  has(id: string): boolean {
    return this.state.ids.has(id);
  }

  add(id: string) {
    if (!this.has(id)) this.#change(new Set(this.state.ids).add(id));
  }

  delete(id: string) {
    if (this.has(id)) this.#change(without(this.state.ids, id));
  }

  #change(ids: ReadonlySet<string>) {
    const kept = [...ids].slice(-this.#max);
    remember(this.#key, kept.length ? JSON.stringify(kept) : "");
    this.update({ ids: new Set(kept) });
  }
}

export function without(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set([...ids].filter((other) => other !== id));
}

function read(key: string): ReadonlySet<string> {
  try {
    return new Set(JSON.parse(recall(key) ?? "[]") as string[]);
  } catch {
    return new Set();
  }
}
