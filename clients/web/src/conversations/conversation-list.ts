import type { Client, Conversation } from "@natter/client";
import { LocalChanges } from "../local-changes";
import { Store } from "../store";
import type { Activity } from "./activity";
import { DELETED } from "./deleted";

type State = {
  /** Newest activity first. */
  conversations: Conversation[];
  /** Where the next page begins, when there is one. */
  nextCursor?: string;
  loading: boolean;
  /** Whether the first page is loaded. */
  loaded: boolean;
  problem?: Error;
};

const PAGE_SIZE = 30;

/** The user's conversations, as far as loaded. */
export class ConversationList extends Store<State> {
  #client: Client;
  #activity: Activity;
  #titles = new LocalChanges<string | undefined>();
  /** When conversations were last active that the server may not have listed yet. */
  #touches = new LocalChanges<number>();

  constructor(client: Client, activity: Activity) {
    super({ conversations: [], loading: false, loaded: false });
    this.#client = client;
    this.#activity = activity;
  }

  /** Loads the newest page; older conversations that are known stay. */
  async refresh() {
    await this.#load(async () => {
      const { conversations, nextCursor, isTouched } = await this.#read();
      const known = new Set(conversations.map(({ id }) => id));
      const others = this.state.conversations.filter(({ id }) => !known.has(id));
      // Activity during the request is missing from the response.
      const touched = [...others, ...conversations].filter(isTouched).sort(compareActivity);
      const oldest = conversations.at(-1)?.updatedAt ?? 0;
      const older = nextCursor ? others.filter(({ updatedAt }) => updatedAt < oldest) : [];
      this.update({
        conversations: [...touched, ...[...conversations, ...older].filter((conversation) => !isTouched(conversation))],
        nextCursor: older.length > 0 ? this.state.nextCursor : nextCursor,
        loaded: true,
      });
    });
  }

  async loadMore() {
    const cursor = this.state.nextCursor;
    if (!cursor || this.state.loading) return;
    await this.#load(async () => {
      const { conversations, nextCursor } = await this.#read(cursor);
      const known = new Set(this.state.conversations.map(({ id }) => id));
      const further = conversations.filter(({ id }) => !known.has(id));
      this.update({ conversations: [...this.state.conversations, ...further], nextCursor });
    });
  }

  /** Shows the new title at once, and the old one again when the server rejects it. */
  async rename(id: string, title: string) {
    const before = this.find(id)?.title;
    const change = this.#titles.note(id, title);
    this.#showTitle(id, title);
    try {
      await this.#client.conversations.rename(id, title);
      this.#titles.acknowledge(change);
    } catch (error) {
      if (this.#titles.drop(change)) this.#showTitle(id, before);
      throw error;
    }
  }

  /** Removes it from the list at once, and restores it when the server does not delete it. */
  async remove(id: string) {
    const removed = this.find(id);
    this.#takeOff(id);
    try {
      await this.#client.conversations.delete(id);
      this.#activity.forget(id);
    } catch (error) {
      DELETED.delete(id);
      const others = this.state.conversations;
      if (removed && !this.find(id)) this.update({ conversations: [...others, removed].sort(compareActivity) });
      throw error;
    }
  }

  search(query: string, cursor: string | undefined, signal: AbortSignal) {
    return this.#client.conversations.search(query, { cursor, signal });
  }

  find(id: string): Conversation | undefined {
    return this.state.conversations.find((conversation) => conversation.id === id);
  }

  /** Moves `id` to the top after activity. Only the server knows the title of a new one. */
  touch(id: string) {
    const now = Date.now();
    const conversation = this.find(id) ?? { id, createdAt: now, updatedAt: now };
    const others = this.state.conversations.filter((other) => other.id !== id);
    this.#touches.acknowledge(this.#touches.note(id, now));
    this.update({ conversations: [{ ...conversation, updatedAt: now }, ...others] });
    if (!conversation.title) void this.refresh();
  }

  /** Applies a new title from the server. */
  changeTitle(id: string, title: string) {
    this.#titles.acknowledge(this.#titles.note(id, title));
    this.#showTitle(id, title);
  }

  #showTitle(id: string, title: string | undefined) {
    this.update({
      conversations: this.state.conversations.map((conversation) => (conversation.id === id ? { ...conversation, title } : conversation)),
    });
  }

  /** It was deleted, here or elsewhere. */
  forget(id: string) {
    this.#takeOff(id);
    this.#activity.forget(id);
  }

  #takeOff(id: string) {
    DELETED.add(id);
    this.update({ conversations: this.state.conversations.filter((conversation) => conversation.id !== id) });
  }

  // Loads a page, and applies the local changes since the request.
  async #read(cursor?: string) {
    const [titles, touches, activity] = [this.#titles.beginRead(), this.#touches.beginRead(), this.#activity.beginRead()];
    const page = await this.#client.conversations.list({ limit: PAGE_SIZE, ...(cursor && { cursor }) });
    const deleted = DELETED.state.ids;
    const isTouched = ({ id }: Conversation) => this.#touches.newer(id, touches) !== undefined;
    const conversations = page.conversations
      .filter(({ id }) => !deleted.has(id))
      .map((conversation) => {
        const renamed = this.#titles.newer(conversation.id, titles);
        const touched = this.#touches.newer(conversation.id, touches);
        return { ...conversation, ...(renamed && { title: renamed.value }), ...(touched && { updatedAt: touched.value }) };
      });
    this.#activity.learn(conversations, activity);
    return { conversations, nextCursor: page.nextCursor, isTouched };
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

const compareActivity = (one: Conversation, other: Conversation) => other.updatedAt - one.updatedAt;
