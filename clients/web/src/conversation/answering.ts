import type { Chat } from "@ai-sdk/react";
import type { Answer, Client } from "@natter/client";
import type { ChatMessage } from "../messages/chat-message";

/**
 * The user's answers to the calls of replies that wait. Each is shown at once and stored, so that no other device asks for it; with the last
 * the reply goes on.
 */
export class Answering {
  /** The chat sends its message with what is answered now. */
  goesOn = false;
  /** The newest request was answers, after which the reply did not go on. */
  hasFailed = false;
  #chat: Chat<ChatMessage>;
  #client: Client;
  #refresh: () => void;
  // Calls whose tools need no more approval. They are named until the reply has gone on.
  #allowed = new Set<string>();
  #end = () => {};

  /** `refresh` updates the conversation from the server. */
  constructor(chat: Chat<ChatMessage>, client: Client, refresh: () => void) {
    this.#chat = chat;
    this.#client = client;
    this.#refresh = refresh;
  }

  /** Names calls whose tools need no more approval, with the next answers. */
  allow(calls: string[]) {
    for (const call of calls) this.#allowed.add(call);
  }

  /** Names them no longer. */
  disallow() {
    this.#allowed.clear();
  }

  /** Gives answers after which others are missing. */
  async store(messageId: string, answers: Answer[]) {
    for (const answer of answers) await this.#show(answer);
    const request = { conversationId: this.#chat.id, messageId, answers, alwaysAllow: [...this.#allowed] };
    try {
      for await (const { type } of this.#client.answer(request)) {
        // The others were given on another device: the reply goes on, and the chat has to follow it.
        if (type === "start-step") return this.#refresh();
      }
    } catch {
      // They are sent again with the last.
    }
  }

  /** Gives the answers that were missing. Resolves when the reply has gone on, to its end or until it waits again. */
  async finish(answers: Answer[]) {
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    for (const answer of answers.slice(0, -1)) await this.#show(answer);
    this.goesOn = true;
    for (const answer of answers.slice(-1)) await this.#show(answer);
    this.goesOn = false;
    if (!this.#isBusy) return;
    await ended;
    this.hasFailed = this.#chat.status === "error";
    if (!this.hasFailed) this.disallow();
  }

  /** A reply has ended. */
  noteEnd() {
    // Its chat says how a moment later.
    setTimeout(this.#end);
  }

  get #isBusy(): boolean {
    return this.#chat.status === "submitted" || this.#chat.status === "streaming";
  }

  async #show(answer: Answer) {
    const options = { body: this.#allowed.size ? { alwaysAllow: [...this.#allowed] } : {} };
    if ("approved" in answer) await this.#chat.addToolApprovalResponse({ ...answer, id: answer.toolCallId, options });
    else if ("output" in answer) await this.#chat.addToolOutput({ ...answer, tool: "", options });
    else await this.#chat.addToolOutput({ ...answer, tool: "", state: "output-error", options });
  }
}
