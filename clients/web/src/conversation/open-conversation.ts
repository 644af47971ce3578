import { Chat } from "@ai-sdk/react";
import type { Answer } from "@natter/client";
import { generateId } from "ai";
import type { Chosen } from "../composer/choices";
import { keepUnsent, takeUnsent } from "../composer/draft";
import type { Connection } from "../connection/connection";
import type { Activity } from "../conversations/activity";
import { DELETED } from "../conversations/deleted";
import { findWaiting, type Call } from "../messages/calls";
import { getText, type ChatMessage } from "../messages/chat-message";
import { Store } from "../store";
import { Answering } from "./answering";
import type { ConversationState } from "./conversation-state";
import { toFailure, isRefused, type Failure } from "./failure";
import { joinPages, reconcile, findSentElsewhere, getServerId } from "./history";
import { OlderMessages } from "./older-messages";
import { withRating, Ratings } from "./ratings";
import { readPage } from "./reading";
import { forgetBranch, recallBranch, rememberBranch } from "./shown-branch";

const PAGE_SIZE = 30;
/** Page size of a refresh. */
const REFRESH_PAGE_SIZE = 10;
const SETTLE_INTERVAL_MS = 700;
/** How often the end of a stopped reply is polled, and how often as long as the server still writes it. */
const MAX_SETTLE_TRIES = 10;
const MAX_RUNNING_TRIES = 120;

/**
 * An open conversation, held outside of components: `useChat` stops the reply of its own chat when the component unmounts, and
 * leaving a conversation must not stop its reply.
 */
export class OpenConversation extends Store<ConversationState> {
  readonly id: string;
  readonly chat: Chat<ChatMessage>;
  #connection: Connection;
  #activity: Activity;
  #ratings: Ratings;
  #answering: Answering;
  // Counts replacements of the messages on screen. A response to an earlier request is stale then.
  #revision = 0;
  // The last message sent, unless it was meant as a sibling.
  #sent?: string;
  #older: OlderMessages;

  constructor(id: string, existed: boolean, connection: Connection, activity: Activity) {
    super({ phase: existed ? "loading" : "new", loadingOlder: false, running: false, stopped: false, kept: [] });
    this.id = id;
    this.#connection = connection;
    this.#activity = activity;
    this.#ratings = new Ratings(
      (messageId, rating) => connection.client.conversations.rate(id, messageId, rating),
      (messageId, rating) =>
        this.#change(
          (message) => getServerId(message) === messageId,
          (message) => withRating(message, rating),
        ),
    );
    const shown = {
      cursor: () => this.state.olderCursor,
      read: (cursor: string) => readPage(connection.client, id, { limit: PAGE_SIZE, cursor }),
      prepend: (messages: ChatMessage[]) => {
        this.chat.messages = joinPages(messages, this.chat.messages);
      },
      update: (changed: Partial<ConversationState>) => this.update(changed),
    };
    this.#older = new OlderMessages(shown, this.#ratings);
    this.chat = new Chat<ChatMessage>({
      id,
      transport: connection.transport,
      sendAutomaticallyWhen: () => this.#answering.goesOn,
      onError: (error) => this.#noteFailure(toFailure(error)),
      onFinish: ({ isError, isAbort, finishReason }) => {
        this.#answering.noteEnd();
        // The reply may be followed further.
        if (isError) return;
        setTimeout(() => void this.#giveKept(finishReason === "tool-calls"));
        if (!isAbort) takeUnsent(id);
        void this.#settle(isAbort ? MAX_SETTLE_TRIES : 1);
      },
    });
    this.#answering = new Answering(this.chat, connection.client, () => void this.refresh());
    if (existed) void this.load();
  }

  get busy(): boolean {
    return this.chat.status === "submitted" || this.chat.status === "streaming";
  }

  /** Loads the newest messages, of one branch or of the one that was shown last, and follows a running reply. */
  async load(chosen?: string): Promise<void> {
    this.update({ elsewhere: undefined });
    if (!chosen) this.update({ phase: "loading", failure: undefined });
    const revision = ++this.#revision;
    const read = this.#ratings.beginRead();
    const branch = chosen ?? recallBranch(this.id);
    try {
      const page = await readPage(this.#connection.client, this.id, { limit: PAGE_SIZE, ...(branch && { branch }) });
      if (revision !== this.#revision) return;
      // A reply is being written on another branch: that one is shown, unless the user wants this one now.
      const { runningMessageId: running } = page.conversation;
      const runsElsewhere = branch && running && !page.messages.some(({ id }) => id === running);
      if (runsElsewhere && !chosen) {
        forgetBranch(this.id);
        return this.load();
      }
      if (chosen) rememberBranch(this.id, chosen);
      this.chat.messages = this.#ratings.applyTo(page.messages, read);
      this.update({ phase: "ready", olderCursor: page.nextCursor, failure: undefined });
      this.#activity.wait(this.id, page.conversation.waiting);
      this.#giveBackUnsent();
      if (running && !runsElsewhere) void this.#follow();
      else void this.#settleStreaming();
    } catch (error) {
      if (revision !== this.#revision) return;
      const failure = toFailure(error);
      if (chosen) this.update({ failure });
      else if (failure.code !== "not_found") this.update({ phase: "unloaded", failure });
      // The page may have been left while its first message was being sent, which never arrived.
      else this.update({ phase: this.#giveBackUnsent() ? "new" : DELETED.has(this.id) ? "gone" : "unknown" });
    }
  }

  /** Loads the messages before those on screen. Concurrent calls share one request. */
  loadOlder(): Promise<void> {
    return this.#older.load();
  }

  /** Loads all earlier messages; stops at a failure. */
  loadAllOlder(): Promise<void> {
    return this.#older.loadAll();
  }

  /** Updates from the server: ids, usage, siblings and messages from elsewhere; follows a running reply. */
  async refresh() {
    // What is not stored yet has no status.
    const before = this.chat.messages.filter(({ metadata }) => metadata?.status);
    const read = await this.#reconcile();
    if (!read || this.busy) return;
    // A reply on another branch was requested elsewhere: that branch is shown.
    const isOther = read.running !== undefined && !this.chat.messages.some(({ id }) => id === read.running);
    if (isOther) {
      forgetBranch(this.id);
      await this.load();
    }
    this.#noteElsewhere(before);
    if (isOther) return;
    await (read.running ? this.#follow() : this.#settleStreaming());
  }

  /** Sends a message after those on screen. */
  async send(text: string, chosen: Chosen) {
    keepUnsent(this.id, text);
    const last = this.chat.lastMessage;
    const parentId = last?.role === "assistant" ? last.id : undefined;
    const sent = generateId();
    await this.#run(() => {
      this.#sent = sent;
      return this.chat.sendMessage({ id: sent, parts: [{ type: "text", text }] }, { body: { ...chosen, ...(parentId && { parentId }) } });
    });
  }

  async edit(message: ChatMessage, text: string, chosen: Chosen) {
    const at = this.chat.messages.findIndex(({ id }) => id === message.id);
    const parentId = message.metadata?.parentId;
    keepUnsent(this.id, text);
    await this.#run(() => {
      // Behind a parent, another message is a branch by itself; the first message of all is known by its id.
      if (!parentId) return this.chat.sendMessage({ text, messageId: message.id }, { body: chosen });
      this.chat.messages = this.chat.messages.slice(0, at);
      return this.chat.sendMessage({ text }, { body: { ...chosen, parentId } });
    });
  }

  async regenerate(message: ChatMessage, chosen: Chosen) {
    await this.#run(() => this.chat.regenerate({ messageId: message.id, body: chosen }));
  }

  /** Answers calls of a reply. It goes on when none is left; one that is still being written gets the answers when it waits. */
  async answer(message: ChatMessage, answers: Answer[], alwaysAllow: string[] = []) {
    this.#answering.allow(alwaysAllow);
    if (this.busy) return this.update({ kept: [...this.state.kept, ...answers] });
    const isAnswered = (call: Call) => answers.some(({ toolCallId }) => toolCallId === call.toolCallId);
    if (!findWaiting(message).every(isAnswered)) await this.#answering.store(message.id, answers);
    else await this.#run(() => this.#answering.finish(answers));
    // What did not arrive is asked again.
    if (this.#answering.hasFailed) void this.refresh();
  }

  /** Reads all that a call of a reply has returned. */
  readOutput(message: ChatMessage, toolCallId: string): Promise<string> {
    return this.#connection.client.conversations.toolOutput(this.id, getServerId(message), toolCallId);
  }

  // A reply has ended. Answers that were kept are given if it waits, and else are not wanted any more.
  async #giveKept(waits: boolean) {
    const { kept } = this.state;
    if (kept.length === 0 || (waits && this.busy)) return;
    if (waits) await this.answer(this.chat.lastMessage!, [...kept]);
    else this.#answering.disallow();
    this.update({ kept: this.state.kept.filter((answer) => !kept.includes(answer)) });
  }

  /** Stops the running reply. What is shown of it stays as it is at this moment. */
  async stop() {
    if (!this.busy) return;
    this.update({ stopped: true });
    const reply = this.chat.lastMessage;
    await this.chat.stop();
    if (reply?.role !== "assistant") return;
    const cut = (message: ChatMessage): ChatMessage => ({ ...message, metadata: { ...message.metadata, status: "stopped", isCut: true } });
    this.#change(({ id }) => id === reply.id, cut);
  }

  async rate(message: ChatMessage, rating: "up" | "down" | "none") {
    await this.#ratings.rate(message, rating).catch((error) => this.update({ failure: toFailure(error) }));
  }

  /** Retries the failed request. A message keeps its id, so the server stores it once and replays a reply that it already has. */
  async tryAgain(chosen: Chosen) {
    this.update({ failure: undefined });
    if (this.state.phase === "unloaded") return this.load();
    this.chat.clearError();
    // Whether the answers have arrived is the server's to say.
    if (this.#answering.hasFailed) return this.load();
    const asked = this.chat.messages.findLast(({ role }) => role === "user");
    // A reply that was requested elsewhere has no message here.
    if (!asked) return this.load();
    return this.#run(() => this.chat.sendMessage({ parts: asked.parts, messageId: asked.id }, { body: chosen }));
  }

  dismiss() {
    this.update({ failure: undefined, elsewhere: undefined });
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

  async #run(turn: () => Promise<void>) {
    this.#revision += 1;
    this.#sent = undefined;
    // What is added now makes this branch the newest.
    forgetBranch(this.id);
    this.#answering.hasFailed = false;
    this.update({ running: true, stopped: false, failure: undefined, elsewhere: undefined });
    this.#activity.begin(this.id, true);
    try {
      await turn();
    } finally {
      this.update({ running: false });
      this.#activity.end(this.id);
    }
  }

  // Returns the running reply, or undefined if the request failed. Failures are ignored: the next turn or connection
  // refreshes again.
  async #reconcile(): Promise<{ running?: string } | undefined> {
    if (this.busy || (this.state.phase !== "ready" && this.state.phase !== "new")) return undefined;
    const revision = this.#revision;
    const read = this.#ratings.beginRead();
    // The branch that is on screen, which need not be the newest.
    const branch = this.chat.messages.findLast(({ role }) => role === "assistant")?.id;
    try {
      const page = await readPage(this.#connection.client, this.id, { limit: REFRESH_PAGE_SIZE, ...(branch && { branch }) });
      if (this.busy) return undefined;
      if (revision !== this.#revision) return this.#reconcile();
      this.chat.messages = reconcile(this.chat.messages, this.#ratings.applyTo(page.messages, read));
      this.update({ phase: "ready" });
      this.#activity.wait(this.id, page.conversation.waiting);
      return { running: page.conversation.runningMessageId };
    } catch (error) {
      if (toFailure(error).code !== "not_found") return undefined;
      if (this.state.phase === "ready") this.update({ phase: "gone" });
      return {};
    }
  }

  // A stopped reply ends at the server a moment later. Polls until its end is shown, also after failures.
  async #settle(tries: number, runningTries = MAX_RUNNING_TRIES): Promise<void> {
    const sent = this.chat.messages.filter(({ id }) => id === this.#sent);
    const read = await this.#reconcile();
    this.#noteElsewhere(sent);
    if (this.busy || this.state.phase === "gone") return;
    const last = this.chat.lastMessage;
    const status = last?.role === "assistant" ? last.metadata?.status : undefined;
    if (read && !read.running && status !== undefined && status !== "streaming") return void takeUnsent(this.id);
    if (tries > 1) {
      await new Promise((passed) => setTimeout(passed, SETTLE_INTERVAL_MS));
      const isWritten = runningTries > 0 && this.chat.messages.some(({ id }) => id === read?.running);
      return isWritten ? this.#settle(tries, runningTries - 1) : this.#settle(tries - 1, runningTries);
    }
    // It was stopped before the server had it.
    if (this.state.stopped && read && last?.role === "user" && !last.metadata?.status) this.#takeBack(last);
  }

  async #follow() {
    await this.#run(() => this.chat.resumeStream());
    // It ended before it could be followed.
    await this.#settleStreaming();
  }

  // A reply may end between two reads of the server: it was streaming when it was read, and no longer running when that was checked.
  async #settleStreaming() {
    if (!this.busy && this.chat.lastMessage?.metadata?.status === "streaming") await this.#settle(MAX_SETTLE_TRIES);
  }

  // A message that was unsent when the page was left.
  #giveBackUnsent(): boolean {
    const text = takeUnsent(this.id);
    if (!text || this.chat.messages.some((message) => message.role === "user" && getText(message) === text)) return false;
    this.update({ returned: text });
    return true;
  }

  #takeBack(message: ChatMessage) {
    this.chat.messages = this.chat.messages.filter(({ id }) => id !== message.id);
    takeUnsent(this.id);
    this.update({ returned: getText(message) });
  }

  #noteFailure(failure: Failure) {
    // Another attempt replaces the reply: it is followed from its beginning.
    if (failure.code === "rewritten") return void setTimeout(() => void this.#follow());
    this.update({ failure });
    if (!isRefused(failure)) return;
    const last = this.chat.lastMessage;
    // What is stored has a status.
    if (last?.role === "user" && !last.metadata?.status) this.#takeBack(last);
    // Shows again what an edit or a regeneration would have replaced, and messages of other tabs or devices.
    setTimeout(() => void this.refresh());
  }

  #noteElsewhere(before: ChatMessage[]) {
    const elsewhere = findSentElsewhere(before, this.chat.messages);
    if (elsewhere) this.update({ elsewhere });
  }

  #change(which: (message: ChatMessage) => boolean, changed: (message: ChatMessage) => ChatMessage) {
    this.chat.messages = this.chat.messages.map((message) => (which(message) ? changed(message) : message));
  }
}
