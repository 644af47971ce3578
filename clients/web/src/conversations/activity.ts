import type { Conversation } from "@natter/client";
import { LocalChanges } from "../local-changes";
import { StoredSet, without } from "../stored-set";
import { Store } from "../store";

/** Where something was said that this browser has not shown. */
export const UNREAD = new StoredSet("unread", 100);

type State = {
  /** Where a reply is being written, as far as it is known here. */
  running: ReadonlySet<string>;
};

/** What happens in conversations that are not on screen. */
export class Activity extends Store<State> {
  #runHere = new Set<string>();
  #begun = new LocalChanges<true>();
  #open = "";

  constructor() {
    super({ running: new Set() });
  }

  /** A reply is being written: followed by this page, or asked for elsewhere, as the server says. */
  begin(id: string, isFollowed: boolean) {
    if (isFollowed) this.#runHere.add(id);
    this.#begun.acknowledge(this.#begun.note(id, true));
    this.update({ running: new Set(this.state.running).add(id) });
  }

  /** The reply has ended. */
  end(id: string) {
    this.#runHere.delete(id);
    if (!this.state.running.has(id)) return;
    this.update({ running: without(this.state.running, id) });
    if (this.#isSeen(id)) UNREAD.delete(id);
    else UNREAD.add(id);
  }

  /** The conversation is gone: nobody waits for what is written there, nor will it be read. */
  forget(id: string) {
    this.#runHere.delete(id);
    this.update({ running: without(this.state.running, id) });
    UNREAD.delete(id);
  }

  /** Whether replies are being written that this page does not follow: nobody says when they end. */
  get runsElsewhere(): boolean {
    return [...this.state.running].some((id) => !this.#runHere.has(id));
  }

  /** To be called before the server is asked for conversations; `learn` takes the result with the answer. */
  beginRead(): number {
    return this.#begun.beginRead();
  }

  /** Takes over what the server says of conversations, but for what has begun since it was asked. */
  learn(conversations: Conversation[], read: number) {
    for (const { id, runningMessageId } of conversations) {
      if (this.#runHere.has(id) || this.#begun.newer(id, read)) continue;
      if (!runningMessageId) this.end(id);
      else if (!this.state.running.has(id)) this.begin(id, false);
    }
  }

  /** The conversation `id` is on screen: what is said there is read, as soon as somebody looks. */
  look(id: string) {
    this.#open = id;
    if (this.#isSeen(id)) UNREAD.delete(id);
  }

  /** Notes when somebody looks, in this tab or where another tab takes for unread what is on screen here; returns how to end that. */
  follow(): () => void {
    const look = () => this.look(this.#open);
    document.addEventListener("visibilitychange", look);
    const unwatch = UNREAD.watch(look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      unwatch();
    };
  }

  #isSeen(id: string): boolean {
    return id === this.#open && !document.hidden;
  }
}
