import type { Client, Conversation } from "@natter/client";
import { Store } from "../store";

type State = {
  /** Newest activity first. */
  conversations: Conversation[];
  /** Where the next page begins, when there is one. */
  nextCursor?: string;
  loading: boolean;
  /** Whether the server has said what there is. */
  loaded: boolean;
  problem?: Error;
};

const PAGE = 30;

/** The person's conversations, as far as they were looked at. */
export class ConversationList extends Store<State> {
  #client: Client;
  #forgotten = new Set<string>();

  constructor(client: Client) {
    super({ conversations: [], loading: false, loaded: false });
    this.#client = client;
  }

  /** Asks for the newest ones; those already known and older stay. */
  async refresh() {
    await this.#load(async () => {
      const asked = Date.now();
      const page = await this.#client.conversations.list({ limit: PAGE });
      const { nextCursor } = page;
      const conversations = page.conversations.filter(({ id }) => !this.#forgotten.has(id));
      const known = new Set(conversations.map(({ id }) => id));
      const others = this.state.conversations.filter(({ id }) => !known.has(id));
      // What began while the server was asked, it could not name.
      const begun = others.filter(({ updatedAt }) => updatedAt >= asked);
      const oldest = conversations.at(-1)?.updatedAt ?? 0;
      const older = nextCursor ? others.filter(({ updatedAt }) => updatedAt < oldest) : [];
      this.update({
        conversations: [...begun, ...conversations, ...older],
        nextCursor: older.length > 0 ? this.state.nextCursor : nextCursor,
        loaded: true,
      });
    });
  }

  async loadMore() {
    const cursor = this.state.nextCursor;
    if (!cursor || this.state.loading) return;
    await this.#load(async () => {
      const page = await this.#client.conversations.list({ limit: PAGE, cursor });
      const known = new Set(this.state.conversations.map(({ id }) => id));
      const further = page.conversations.filter(({ id }) => !known.has(id));
      this.update({ conversations: [...this.state.conversations, ...further], nextCursor: page.nextCursor });
    });
  }

  /** Shows the new title at once, and the old one again when the server does not take it. */
  async rename(id: string, title: string) {
    const before = this.find(id)?.title;
    this.changeTitle(id, title);
    try {
      await this.#client.conversations.rename(id, title);
    } catch (error) {
      this.changeTitle(id, before);
      throw error;
    }
  }

  /** Takes it off the list at once, and puts it back when the server does not delete it. */
  async remove(id: string) {
    const before = this.state.conversations;
    this.forget(id);
    try {
      await this.#client.conversations.delete(id);
    } catch (error) {
      this.#forgotten.delete(id);
      this.update({ conversations: before });
      throw error;
    }
  }

  search(query: string, cursor: string | undefined, signal: AbortSignal) {
    return this.#client.conversations.search(query, { cursor, signal });
  }

  find(id: string): Conversation | undefined {
    return this.state.conversations.find((conversation) => conversation.id === id);
  }

  /** Something was said in `id`: it moves to the top. What the server calls a new one, the server knows. */
  touch(id: string) {
    const now = Date.now();
    const conversation = this.find(id) ?? { id, createdAt: now, updatedAt: now };
    const others = this.state.conversations.filter((other) => other.id !== id);
    this.update({ conversations: [{ ...conversation, updatedAt: now }, ...others] });
    if (!conversation.title) void this.refresh();
  }

  changeTitle(id: string, title: string | undefined) {
    this.update({
      conversations: this.state.conversations.map((conversation) =>
        conversation.id === id ? { ...conversation, title } : conversation,
      ),
    });
  }

  forget(id: string) {
    this.#forgotten.add(id);
    this.update({ conversations: this.state.conversations.filter((conversation) => conversation.id !== id) });
  }

  async #load(load: () => Promise<void>) {
    this.update({ loading: true });
    try {
      await load();
      this.update({ loading: false, problem: undefined });
    } catch (problem) {
      this.update({ loading: false, problem: problem as Error });
    }
  }
}
