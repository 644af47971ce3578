import { Chat } from "@ai-sdk/react";
import type { Chosen } from "../composer/choices";
import { keepUnsent, takeUnsent } from "../composer/draft";
import type { Connection } from "../connection/connection";
import { textOf, type ChatMessage } from "../messages/chat_message";
import { Store } from "../store";
import { failureOf, isRefused, type Failure } from "./failure";
import { asChatMessages, joined, reconciled } from "./history";

const PAGE = 30;
/** As many messages as may have come since the page looked last. */
const RECENT = 10;

type State = {
  /** `new` has nothing on the server yet; `gone` was deleted, or never was. */
  phase: "new" | "loading" | "ready" | "gone" | "unloaded";
  /** Where earlier messages go on, when there are any. */
  olderCursor?: string;
  loadingOlder: boolean;
  failure?: Failure;
  /** A message that the server did not take, on its way back to the field where it was written. */
  returned?: string;
};

/**
 * A conversation that was opened, held outside any component: `useChat` stops the reply of a chat of its own when the component goes, and
 * leaving a conversation must not stop its reply.
 */
export class OpenConversation extends Store<State> {
  readonly id: string;
  readonly chat: Chat<ChatMessage>;
  #connection: Connection;

  constructor(id: string, existed: boolean, connection: Connection) {
    super({ phase: existed ? "loading" : "new", loadingOlder: false });
    this.id = id;
    this.#connection = connection;
    this.chat = new Chat<ChatMessage>({
      id,
      transport: connection.transport,
      onError: (error) => this.#noteFailure(failureOf(error)),
      onFinish: ({ isError, isAbort }) => {
        if (isError) return;
        takeUnsent(id);
        void this.#settle(isAbort ? 10 : 1);
      },
    });
    if (existed) void this.load();
  }

  get busy(): boolean {
    return this.chat.status === "submitted" || this.chat.status === "streaming";
  }

  /** Reads the newest messages, of one branch or of the newest one, and follows a reply that is being written. */
  async load(branch?: string) {
    if (!branch) this.update({ phase: "loading", failure: undefined });
    try {
      const page = await this.#connection.client.conversations.get(this.id, { limit: PAGE, branch });
      this.chat.messages = asChatMessages(page.messages);
      this.update({ phase: "ready", olderCursor: page.nextCursor, failure: undefined });
      this.#giveBackUnsent();
      if (page.conversation.runningMessageId) await this.#follow();
    } catch (error) {
      const failure = failureOf(error);
      if (branch) this.update({ failure });
      else if (failure.code !== "not_found") this.update({ phase: "unloaded", failure });
      // It may have been left with its first message under way, which never arrived.
      else this.update({ phase: this.#giveBackUnsent() ? "new" : "gone" });
    }
  }

  async loadOlder() {
    const cursor = this.state.olderCursor;
    if (!cursor || this.state.loadingOlder) return;
    this.update({ loadingOlder: true });
    try {
      const page = await this.#connection.client.conversations.get(this.id, { limit: PAGE, cursor });
      this.chat.messages = joined(asChatMessages(page.messages), this.chat.messages);
      this.update({ loadingOlder: false, olderCursor: page.nextCursor });
    } catch (error) {
      this.update({ loadingOlder: false, failure: failureOf(error) });
    }
  }

  /** Reads all earlier messages; stops where that fails. */
  async loadAllOlder() {
    for (let cursor = this.state.olderCursor; cursor; ) {
      await this.loadOlder();
      cursor = this.state.olderCursor === cursor ? undefined : this.state.olderCursor;
    }
  }

  /** Takes over what the server knows meanwhile: ids, usage, siblings, and what was said elsewhere; follows a reply that runs. */
  async refresh() {
    const running = await this.#reconcile();
    if (!running || this.busy) return;
    // A reply on another branch is what the person does elsewhere: that branch is shown.
    if (this.chat.messages.some(({ id }) => id === running)) await this.#follow();
    else await this.load();
  }

  /** Sends a message behind those on screen. */
  async send(text: string, chosen: Chosen) {
    const last = this.chat.lastMessage;
    const parentId = last?.role === "assistant" ? last.id : undefined;
    this.update({ failure: undefined });
    keepUnsent(this.id, text);
    await this.chat.sendMessage({ text }, { body: { ...chosen, ...(parentId && { parentId }) } });
  }

  async edit(message: ChatMessage, text: string, chosen: Chosen) {
    const at = this.chat.messages.indexOf(message);
    const parentId = message.metadata?.parentId;
    this.update({ failure: undefined });
    keepUnsent(this.id, text);
    // Behind a parent, another message is a branch by itself; the first message of all is known by its id.
    if (!parentId) return this.chat.sendMessage({ text, messageId: message.id }, { body: chosen });
    this.chat.messages = this.chat.messages.slice(0, at);
    return this.chat.sendMessage({ text }, { body: { ...chosen, parentId } });
  }

  async regenerate(message: ChatMessage, chosen: Chosen) {
    this.update({ failure: undefined });
    await this.chat.regenerate({ messageId: message.id, body: chosen });
  }

  async rate(message: ChatMessage, rating: "up" | "down" | "none") {
    const before = message.metadata?.feedback;
    this.#change(message.id, rating === "none" ? undefined : rating);
    try {
      await this.#connection.client.conversations.rate(this.id, message.id, rating);
    } catch (error) {
      this.#change(message.id, before);
      this.update({ failure: failureOf(error) });
    }
  }

  /** Asks again for what failed. A message keeps its id, so the server stores it once and shows a reply that it already has. */
  async tryAgain(chosen: Chosen) {
    this.update({ failure: undefined });
    if (this.state.phase === "unloaded") return this.load();
    this.chat.clearError();
    const asked = this.chat.messages.findLast(({ role }) => role === "user");
    // A reply that was asked for elsewhere has no message here.
    if (!asked) return this.load();
    return this.chat.sendMessage({ parts: asked.parts, messageId: asked.id }, { body: chosen });
  }

  dismiss() {
    this.update({ failure: undefined });
    this.chat.clearError();
  }

  /** It was deleted, here or elsewhere. */
  noteGone() {
    void this.chat.stop();
    this.update({ phase: "gone", failure: undefined });
  }

  takeReturned() {
    this.update({ returned: undefined });
  }

  // The reply that runs. What is shown is right as far as it goes: when this fails, the next turn or connection asks again.
  async #reconcile(): Promise<string | undefined> {
    if (this.state.phase !== "ready" && this.state.phase !== "new") return undefined;
    // The branch that is on screen, which need not be the newest.
    const branch = this.chat.messages.findLast(({ role }) => role === "assistant")?.id;
    try {
      const page = await this.#connection.client.conversations.get(this.id, { limit: RECENT, branch });
      if (this.busy) return undefined;
      this.chat.messages = reconciled(this.chat.messages, asChatMessages(page.messages));
      this.update({ phase: "ready" });
      return page.conversation.runningMessageId;
    } catch (error) {
      if (failureOf(error).code === "not_found" && this.state.phase === "ready") this.update({ phase: "gone" });
      return undefined;
    }
  }

  // A reply that was stopped ends at the server a moment later. Until its end is shown it is asked for again, also when asking failed.
  async #settle(tries: number) {
    const running = await this.#reconcile();
    const status = this.chat.lastMessage?.metadata?.status;
    const isSettled = !running && status !== undefined && status !== "streaming";
    if (isSettled || this.busy || tries <= 1) return;
    await new Promise((passed) => setTimeout(passed, 700));
    await this.#settle(tries - 1);
  }

  async #follow() {
    await this.chat.resumeStream();
    // It ended before it could be followed.
    if (!this.busy && this.chat.lastMessage?.metadata?.status === "streaming") await this.#reconcile();
  }

  // A message that the page was left with before the server had it.
  #giveBackUnsent(): boolean {
    const text = takeUnsent(this.id);
    if (!text || this.chat.messages.some((message) => message.role === "user" && textOf(message) === text)) return false;
    this.update({ returned: text });
    return true;
  }

  #noteFailure(failure: Failure) {
    // Its writer was gone and another began anew: that is followed from its beginning.
    if (failure.code === "rewritten") return void setTimeout(() => void this.chat.resumeStream());
    this.update({ failure });
    if (!isRefused(failure)) return;
    const last = this.chat.lastMessage;
    // What is stored has a status.
    if (last?.role === "user" && !last.metadata?.status) {
      this.chat.messages = this.chat.messages.slice(0, -1);
      takeUnsent(this.id);
      this.update({ returned: textOf(last) });
    }
    // What an edit or another version would have replaced is shown again; so is what another tab or device was quicker with.
    setTimeout(() => void this.refresh());
  }

  #change(messageId: string, feedback: "up" | "down" | undefined) {
    this.chat.messages = this.chat.messages.map((message) =>
      message.id === messageId ? { ...message, metadata: { ...message.metadata, feedback } } : message,
    );
  }
}
