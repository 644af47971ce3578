import type { ChatStatus, ChatTransport, UIMessage, UIMessageChunk } from "ai";
import { findAnswered } from "./answered-message.js";
import { createClient, NatterError, type Client, type ClientOptions, type Resolvable, type Turn } from "./index.js";

export type TransportOptions = (ClientOptions | { client: Client }) & {
  /** For the server, with each request. Those of a single request come before these. */
  headers?: Resolvable<Record<string, string> | Headers>;
  /** For the server, with each request, such as `{ model: "…" }`. What a single request gives comes before it. */
  body?: Resolvable<object>;
};

type SendOptions<Message extends UIMessage> = Parameters<ChatTransport<Message>["sendMessages"]>[0];
type ReconnectOptions<Message extends UIMessage> = Parameters<ChatTransport<Message>["reconnectToStream"]>[0];
type RequestOptions = Pick<ReconnectOptions<UIMessage>, "headers" | "body" | "metadata">;

/** The part of a `Chat` that following it needs. */
type FollowedChat = { readonly id: string; readonly status: ChatStatus; resumeStream(): Promise<void> };

/** How often a busy chat is polled. */
const POLL_MS = 20;

/**
 * The transport for `useChat`, of `ai` 6 and 7. Beyond what `WebSocketChatTransport` does, it reconnects automatically, continues
 * the reply where it was, retries messages that may not have arrived, and its errors are `NatterError`s, which have a code.
 */
export class NatterChatTransport<Message extends UIMessage = UIMessage> implements ChatTransport<Message> {
  /** A resumed reply comes from its beginning. */
  readonly resumeStreamIsReplay = true;
  /** For everything that is not a chat's: conversations, notices, the connection's state. */
  readonly client: Client;
  readonly #options: TransportOptions;
  readonly #followed = new Map<string, FollowedChat>();
  /** The chats that have shown more than a new message here. */
  readonly #shown = new Set<string>();
  /** The replies that were stopped while they asked for something. */
  readonly #stopped = new Set<string>();
  /** The signal of the newest resumption of each chat. */
  readonly #resumed = new Map<string, AbortSignal | undefined>();

  constructor(options: TransportOptions) {
    this.#options = options;
    this.client = "client" in options ? options.client : createClient(options);
  }

  async sendMessages({ chatId, messages, trigger, messageId, abortSignal, ...request }: SendOptions<Message>) {
    // The server has the history; only the new message is sent, and the ids of those before it. Answers to calls go into the message
    // that made them.
    const answered = trigger === "submit-message" ? findAnswered(messages, messageId) : undefined;
    // `ai` 6 would go on to answer by itself.
    if (answered && this.#stopped.has(answered.id)) throw new DOMException("The reply was stopped.", "AbortError");
    const message = answered ?? messages.at(-1);
    if (!message) throw new NatterError("invalid_frame", "There is no message to send.");
    const before = answered ? [] : messages.slice(0, -1);
    const opening = { trigger, messageId, message, before };
    // A message restarts the conversation if the page has cleared everything before it. A page that has just been loaded and
    // shows nothing yet continues instead.
    const begins = !answered && !before.length && !messageId && trigger === "submit-message" && this.#shown.has(chatId);
    if (before.length) this.#shown.add(chatId);
    const { body, ...options } = await this.#requestOptions(request);
    const turn = this.client.start({
      ...options,
      body: begins ? { parentId: null, ...body } : body,
      conversationId: chatId,
      opening,
      signal: abortSignal,
    });
    return this.#streamOf(turn, chatId);
  }

  async reconnectToStream({ chatId, abortSignal, ...request }: ReconnectOptions<Message>) {
    this.#resumed.set(chatId, abortSignal);
    const signal = this.#stopSignal(chatId, abortSignal);
    const options = { ...(await this.#requestOptions(request)), conversationId: chatId, signal };
    const turn = await this.client.resume(options);
    return turn && this.#streamOf(turn, chatId);
  }

  /**
   * Makes `chat` show replies that were requested on other devices, and those that another attempt replaces. It must be a `Chat` that
   * is held outside of its component. Returns the function that ends this.
   */
  follow(chat: FollowedChat): () => void {
    this.#followed.set(chat.id, chat);
    const unlisten = this.client.onNotice((notice) => {
      if (notice.notice === "turn-started" && notice.id === chat.id) void this.#catchUp(chat.id);
    });
    return () => {
      unlisten();
      this.#followed.delete(chat.id);
    };
  }

  // A chat that resumes once more aborts what it resumed before, in the same moment. That must not stop the reply on the server.
  #stopSignal(chatId: string, abortSignal: AbortSignal | undefined): AbortSignal {
    const stop = new AbortController();
    const isReplaced = () => this.#resumed.get(chatId) !== abortSignal;
    const stopUnlessReplaced = () => queueMicrotask(() => isReplaced() || stop.abort(abortSignal!.reason));
    if (abortSignal?.aborted) stop.abort(abortSignal.reason);
    else abortSignal?.addEventListener("abort", stopUnlessReplaced, { once: true });
    return stop.signal;
  }

  async #catchUp(chatId: string) {
    const isBusy = (chat: FollowedChat | undefined) => chat?.status === "submitted" || chat?.status === "streaming";
    do await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    while (isBusy(this.#followed.get(chatId)));
    await this.#followed.get(chatId)?.resumeStream();
  }

  /** Closes the connection, unless the client was given: then it belongs to its creator. */
  close() {
    if (!("client" in this.#options)) this.client.close();
  }

  // Pulled, so that an error follows all chunks before it.
  #streamOf(turn: Turn, chatId: string): ReadableStream<UIMessageChunk> {
    let messageId: string | undefined;
    const source: UnderlyingDefaultSource<UIMessageChunk> = {
      pull: async (controller) => {
        const { done, value } = await turn.next();
        if (done) return controller.close();
        // `useChat` can restart a message only by a resume.
        if (value.type === "start" && messageId) {
          void turn.return();
          void this.#catchUp(chatId);
          throw new NatterError("rewritten", "The reply was interrupted and is being written anew.");
        }
        if (value.type === "start") messageId = value.messageId;
        if (value.type === "finish" && value.finishReason === "interrupted" && messageId) this.#stopped.add(messageId);
        this.#shown.add(chatId);
        // `ai` 6 does not know that a call was approved, and leaves that out.
        controller.enqueue(value as UIMessageChunk);
      },
      cancel: async () => {
        // A chat that is stopped reads no more: the stop goes out first.
        await Promise.resolve();
        await turn.return();
      },
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  async #requestOptions({ headers, body, metadata }: RequestOptions) {
    const [usualHeaders, usualBody] = await Promise.all([resolve(this.#options.headers), resolve(this.#options.body)]);
    return {
      headers: { ...plain(usualHeaders), ...plain(headers) },
      body: { ...usualBody, ...body },
      metadata,
    };
  }
}

const resolve = async <Value>(value: Resolvable<Value> | undefined) =>
  typeof value === "function" ? (value as () => Value | PromiseLike<Value>)() : value;

const plain = (headers: Record<string, string> | Headers | undefined) => Object.fromEntries(new Headers(headers).entries());
