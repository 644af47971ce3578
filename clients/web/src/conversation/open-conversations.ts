import type { Connection } from "../connection/connection";
import type { Activity } from "../conversations/activity";
import { OpenConversation } from "./open-conversation";

/** The conversations that were opened. Idle ones are read again when they are reopened; running replies go on. */
export class OpenConversations {
  #open = new Map<string, OpenConversation>();
  #connection: Connection;
  #activity: Activity;

  constructor(connection: Connection, activity: Activity) {
    this.#connection = connection;
    this.#activity = activity;
  }

  /** The conversation `id`; `existed` means that the server has its history. */
  get(id: string, existed: boolean): OpenConversation {
    const known = this.#open.get(id);
    if (known) return known;
    for (const [other, conversation] of this.#open) if (!conversation.busy) this.#open.delete(other);
    const conversation = new OpenConversation(id, existed, this.#connection, this.#activity);
    this.#open.set(id, conversation);
    return conversation;
  }

  find(id: string): OpenConversation | undefined {
    return this.#open.get(id);
  }
}
