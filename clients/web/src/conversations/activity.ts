import type { Conversation } from "@natter/client";
import { LocalChanges } from "../local-changes";
import { StoredSet, without } from "../stored-set";
import { Store } from "../store";

/** Conversations with messages that this browser has not shown. */
export const UNREAD = new StoredSet("unread", 100);

type State = {
  /** Conversations with a running reply, as far as known here. */
  running: ReadonlySet<string>;
  /** Conversations whose newest reply waits for the user. */
  waiting: ReadonlySet<string>;
};

/** The activity of conversations that are not on screen. */
export class Activity extends Store<State> {
  #runHere = new Set<string>();
  #begun = new LocalChanges<true>();
  #open = "";

  constructor() {
    super({ running: new Set(), waiting: new Set() });
  }

  /** A reply is running: followed by this page, or requested elsewhere. */
  begin(id: string, isFollowed: boolean) {
    if (isFollowed) this.#runHere.add(id);
    this.#begun.acknowledge(this.#begun.note(id, true));
    this.update({ running: new Set(this.state.running).add(id) });
    this.wait(id, false);
  }

  /** The reply has ended. */
  end(id: string) {
    this.#runHere.delete(id);
    if (!this.state.running.has(id)) return;
    this.update({ running: without(this.state.running, id) });
    if (this.#isSeen(id)) UNREAD.delete(id);
    else UNREAD.add(id);
  }

  /** The newest reply waits for the user, or no longer. */
  wait(id: string, isWaiting = false) {
    if (isWaiting === this.state.waiting.has(id)) return;
    this.update({ waiting: isWaiting ? new Set(this.state.waiting).add(id) : without(this.state.waiting, id) });
  }

  /** The conversation is gone: drops its state. */
  forget(id: string) {
    this.#runHere.delete(id);
    this.update({ running: without(this.state.running, id), waiting: without(this.state.waiting, id) });
    UNREAD.delete(id);
  }

  /** Whether replies are running that this page does not follow: their ends are not announced. */
  get runsElsewhere(): boolean {
    return [...this.state.running].some((id) => !this.#runHere.has(id));
  }

  /** Marks the start of reading conversations, for `learn`. */
  beginRead(): number {
    return this.#begun.beginRead();
  }

  /** Applies the conversations of a response, except replies that started since the request. */
  learn(conversations: Conversation[], read: number) {
    for (const { id, runningMessageId, waiting } of conversations) {
      if (this.#runHere.has(id) || this.#begun.newer(id, read)) continue;
      this.wait(id, waiting);
      if (!runningMessageId) this.end(id);
      else if (!this.state.running.has(id)) this.begin(id, false);
    }
  }

  /** The conversation `id` is on screen: it is marked as read, as soon as the page is visible. */
  look(id: string) {
    this.#open = id;
    if (this.#isSeen(id)) UNREAD.delete(id);
  }

  /** Marks the open conversation as read when the page becomes visible, or when another tab marks it unread. Returns the function that ends this. */
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
