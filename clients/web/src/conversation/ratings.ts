import type { Rating as Given } from "@natter/client";
import { LocalChanges } from "../local-changes";
import type { ChatMessage } from "../messages/chat-message";
import { getServerId } from "./history";

/** The shown rating of a reply. */
export type Rating = "up" | "down" | undefined;

/** The user's ratings in a conversation: shown at once, and sent to the server one after the other. */
export class Ratings {
  #changes = new LocalChanges<Rating>();
  #told: Promise<unknown> = Promise.resolve();
  #tell: (messageId: string, rating: Given) => Promise<void>;
  #show: (messageId: string, rating: Rating) => void;

  /** `saveRating` sends a rating to the server, and `show` shows one. */
  constructor(saveRating: (messageId: string, rating: Given) => Promise<void>, show: (messageId: string, rating: Rating) => void) {
    this.#tell = saveRating;
    this.#show = show;
  }

  /** Rates a message. When the server does not take it, the former rating is shown again. */
  async rate(message: ChatMessage, rating: Given) {
    const change = this.#changes.note(getServerId(message), rating === "none" ? undefined : rating);
    this.#show(change.id, change.value);
    // The order of two that are under way at once is not defined.
    const told = this.#told.catch(() => {}).then(() => this.#tell(change.id, rating));
    this.#told = told;
    try {
      await told;
      this.#changes.acknowledge(change);
    } catch (error) {
      if (this.#changes.drop(change)) this.#show(change.id, message.metadata?.feedback);
      throw error;
    }
  }

  /** Marks the beginning of a read, for `applied`. */
  beginRead(): number {
    return this.#changes.beginRead();
  }

  /** The messages of an answer to that read, with what was rated since. */
  applyTo(messages: ChatMessage[], read: number): ChatMessage[] {
    return messages.map((message) => {
      const change = this.#changes.newer(message.id, read);
      return change ? withRating(message, change.value) : message;
    });
  }
}

/** A message with another rating. */
export function withRating(message: ChatMessage, feedback: Rating): ChatMessage {
  return { ...message, metadata: { ...message.metadata, feedback } };
}
