import type { ChatMessage } from "../messages/chat-message";
import type { ConversationState } from "./conversation-state";
import { toFailure } from "./failure";
import type { Ratings } from "./ratings";
import type { Page } from "./reading";

/** The messages on screen. */
type Shown = {
  /** Where they begin; undefined once there are none before them. */
  cursor: () => string | undefined;
  read: (cursor: string) => Promise<Page>;
  /** Shows these before them. */
  prepend: (messages: ChatMessage[]) => void;
  update: (changed: Partial<ConversationState>) => void;
};

/** Loads the messages before those on screen, page by page. */
export class OlderMessages {
  #shown: Shown;
  #ratings: Ratings;
  // While it runs.
  #loading?: Promise<void>;

  constructor(shown: Shown, ratings: Ratings) {
    this.#shown = shown;
    this.#ratings = ratings;
  }

  /** Loads a page. Concurrent calls share one request. */
  load(): Promise<void> {
    this.#loading ??= this.#readPage().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Loads all of them; stops at a failure. */
  async loadAll(): Promise<void> {
    for (let cursor = this.#shown.cursor(); cursor; ) {
      await this.load();
      cursor = this.#shown.cursor() === cursor ? undefined : this.#shown.cursor();
    }
  }

  async #readPage() {
    const cursor = this.#shown.cursor();
    if (!cursor) return;
    this.#shown.update({ loadingOlder: true });
    const read = this.#ratings.beginRead();
    try {
      const page = await this.#shown.read(cursor);
      // Another branch may have been chosen meanwhile.
      if (cursor !== this.#shown.cursor()) return this.#shown.update({ loadingOlder: false });
      this.#shown.prepend(this.#ratings.applyTo(page.messages, read));
      this.#shown.update({ loadingOlder: false, olderCursor: page.nextCursor });
    } catch (error) {
      this.#shown.update({ loadingOlder: false, failure: toFailure(error) });
    }
  }
}
