import { newId } from "@natter/client";
import { askAbout, cannot, isCall, readAnswer, waits } from "./calls.js";
import { COMMANDS } from "./commands.js";
import { showReply } from "./reply.js";
import { summary } from "./screen.js";

/** What is said of a reply that did not come to its end. */
const ENDINGS = {
  stopped: "Stopped.",
  interrupted: "The reply broke off. /again asks for another.",
  waiting: "The reply waits for you.",
};

/** The user's side of a chat: it handles one line after the other. */
export class Chat {
  /** The conversation that lines go to. */
  conversationId;
  /** The conversations that were listed last, by their numbers. */
  listed = [];
  /** How many things went wrong. */
  failures = 0;
  hasLeft = false;

  #turn;
  #isStopping = false;
  // What `/again` asks for once more: the last message, and the reply that it had.
  #lastMessage;
  #lastReplyId;
  // The calls for which the last reply waits, the first of which the user is being asked about, and what was answered so far.
  #waiting = [];
  #answered = [];
  #work = Promise.resolve();
  #leave;

  constructor({ client, screen, conversationId = newId() }) {
    Object.assign(this, { client, screen, conversationId });
    /** Resolves when the user has left. */
    this.left = new Promise((resolve) => (this.#leave = resolve));
  }

  /** Takes a line: a message, or a command. It waits until those before it are done, but for `/stop`. */
  take(line) {
    if (line.trim() === "/stop" && this.stop()) return this.#work;
    this.#work = this.#work.then(() => !this.hasLeft && line.trim() && this.#run(line.trim()));
    return this.#work;
  }

  /** Stops the reply that is being written; false if there is none, or it is being stopped already. */
  stop() {
    if (!this.#turn || this.#isStopping) return false;
    this.#turn.stop();
    this.#isStopping = true;
    return true;
  }

  leave() {
    this.hasLeft = true;
    this.#leave();
  }

  /** Goes on in the conversation `id`, whose last messages are these. */
  enter(id, messages = []) {
    this.conversationId = id;
    const asked = messages.findLast(({ role }) => role === "user");
    this.#lastMessage = asked && { text: asked.parts.map(({ text }) => text).join(""), messageId: asked.metadata.clientId ?? asked.id };
    const reply = messages.findLast(({ role }) => role === "assistant");
    this.#lastReplyId = reply?.id;
    this.#waiting = reply?.metadata.status === "waiting" ? reply.parts.filter((part) => isCall(part) && waits(part)) : [];
    this.#answered = [];
  }

  /** Asks the user about what the last reply waits for, if it does. */
  async askWaiting() {
    while (this.#waiting.length && !askAbout(this.#waiting[0], this.screen)) await this.#answer({ answer: cannot(this.#waiting[0]) });
  }

  /** Follows the reply that is being written in this conversation, if there is one. */
  async follow() {
    const turn = await this.client.resume({ conversationId: this.conversationId });
    if (turn) await this.#show(turn);
    await this.askWaiting();
  }

  /** Follows a reply that was asked for elsewhere, when there is nothing else to do. */
  followSoon(conversationId) {
    this.#work = this.#work.then(() => conversationId === this.conversationId && !this.hasLeft && this.#try(() => this.follow()));
    return this.#work;
  }

  /** Asks for another reply to the last message. */
  async again() {
    if (!this.#lastMessage) return this.screen.note("There is no message to answer again.");
    return this.#ask({ ...this.#lastMessage, regenerate: this.#lastReplyId ?? this.#lastMessage.messageId });
  }

  async #run(line) {
    const [, name, rest] = /^\/(\w+)\s*(.*)$/s.exec(line) ?? [];
    if (!name && this.#waiting.length) return this.#try(() => this.#takeAnswer(line));
    if (!name) return this.#try(() => this.#ask({ text: line, messageId: newId() }));
    const command = COMMANDS[name];
    if (!command) return this.screen.note(`There is no /${name}. /help lists what there is.`);
    return this.#try(() => command.run(this, rest));
  }

  async #ask(message) {
    const { conversationId } = this;
    this.#lastMessage = { text: message.text, messageId: message.messageId };
    this.#lastReplyId = undefined;
    await this.#show(this.client.send({ conversationId, ...message }));
    await this.askWaiting();
  }

  async #takeAnswer(line) {
    const answer = readAnswer(this.#waiting[0], line);
    if (answer) await this.#answer(answer);
    return this.askWaiting();
  }

  // The reply goes on when nothing more is open.
  async #answer(answer) {
    const call = this.#waiting.shift();
    this.#answered.push({ call, ...answer });
    if (this.#waiting.length) return;
    const answered = this.#answered;
    const turn = this.client.answer({
      conversationId: this.conversationId,
      messageId: this.#lastReplyId,
      answers: answered.map(({ answer }) => answer),
      alwaysAllow: answered.flatMap(({ call, isForever }) => (isForever ? [call.toolCallId] : [])),
    });
    const calls = answered.map(({ call }) => call);
    try {
      await this.#show(turn, calls);
    } catch (error) {
      this.#waiting = calls;
      throw error;
    }
  }

  async #show(turn, known) {
    this.#turn = turn;
    this.#isStopping = false;
    this.#waiting = [];
    this.#answered = [];
    try {
      const { how, metadata, messageId, waiting } = await showReply(turn, this.screen, known);
      this.#lastReplyId = messageId;
      this.#waiting = waiting;
      this.screen.note(`${ENDINGS[how] ?? summary(metadata)}\n`);
    } finally {
      this.#turn = undefined;
    }
  }

  async #try(action) {
    try {
      await action();
    } catch (error) {
      this.failures++;
      this.screen.problem(error.cause?.message ? `${error.message} ${error.cause.message}` : error.message);
    }
  }
}
