import type { Connection } from "./connection.js";
import { NatterError } from "./error.js";
import { joinParts } from "./parts.js";
import type {
  Answers,
  Conversation,
  ConversationList,
  ExportPage,
  HistoryMessage,
  ConversationPage,
  Hit,
  OperationFrame,
  Rating,
  SearchPage,
} from "./protocol.js";
import type { Request } from "./request.js";

/** What can be said of any operation. */
export type CallOptions = {
  /** Waits no longer. What was asked for may be done all the same. */
  signal?: AbortSignal | undefined;
  /** How long to wait for the answer, instead of the usual time. */
  timeoutMs?: number | undefined;
};

/** Which page of a list. */
export type PageOptions = CallOptions & {
  /** How many on a page, at most. */
  limit?: number | undefined;
  /** The `nextCursor` of the page before. */
  cursor?: string | undefined;
};

/** Which branch of a conversation. */
export type BranchOptions = PageOptions & {
  /** A message's id: the branch that goes through it, down to its newest leaf. */
  branch?: string | undefined;
};

/** Where a conversation is opened. */
export type OpeningOptions = BranchOptions & {
  /** A message's id, such as that of a hit: the page begins with it instead of ending with the newest message. */
  at?: string | undefined;
};

/** The operations on conversations. All may be repeated: the client does, when a connection was lost. */
export interface Conversations {
  /** One page, the last used first. */
  list(options?: PageOptions): Promise<ConversationList>;
  /** All of them, page by page as they are read. */
  all(options?: PageOptions): AsyncGenerator<Conversation>;
  /**
   * One page of a conversation's messages, the newest page first. Its first message may be only the end of it: see `history`.
   * A page that is opened `at` a message goes on: `newerCursor` leads to what follows, and its last message may be only the
   * beginning, which the next page goes on with under the same id; `nextCursor` leads back as ever.
   */
  get(id: string, options?: OpeningOptions): Promise<ConversationPage>;
  /** The messages page by page, going back. Within a page the oldest is first, and each is whole. */
  history(id: string, options?: BranchOptions): AsyncGenerator<HistoryMessage[]>;
  rename(id: string, title: string, options?: CallOptions): Promise<Conversation>;
  /** Deletes it with all its messages; a reply that is being written is stopped. */
  delete(id: string, options?: CallOptions): Promise<void>;
  /** One page of what was found in titles and messages. It may be empty and yet not the last. */
  search(query: string, options?: PageOptions): Promise<SearchPage>;
  /** All that is found, page by page as it is read. */
  matches(query: string, options?: PageOptions): AsyncGenerator<Hit>;
  /** The whole conversation as a file. */
  export(id: string, format: "markdown" | "json", options?: CallOptions): Promise<Omit<ExportPage, "nextCursor">>;
  /** The whole output of a tool's call, which a message may have cut: a text, or JSON. */
  toolOutput(id: string, messageId: string, toolCallId: string, options?: CallOptions): Promise<string>;
  /** Rates a reply. */
  rate(id: string, messageId: string, rating: Rating, options?: CallOptions & { comment?: string }): Promise<void>;
}

type Operation = keyof Answers;

type Fields<Type> = Omit<Extract<OperationFrame, { type: Type }>, "type" | "requestId">;

/** The fields of an operation's frame, and how it is asked. What is undefined is not sent. */
type Asked<Type> = CallOptions & { [Field in keyof Fields<Type>]: Fields<Type>[Field] | undefined };

/** The operations over `connection`. An answer is waited for `answerMs`, unless a call says otherwise. */
export function createOperations(connection: Connection, answerMs: number) {
  const call = async <Type extends Operation>(
    type: Type,
    { signal, timeoutMs = answerMs, ...fields }: Asked<Type>,
  ): Promise<Answers[Type]> => {
    let request: Request | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let leave = () => {};
    try {
      return await new Promise<Answers[Type]>((resolve, reject) => {
        signal?.throwIfAborted();
        leave = () => reject(signal?.reason);
        signal?.addEventListener("abort", leave);
        timer = setTimeout(() => reject(new NatterError("timed_out", "The server did not answer in time.")), timeoutMs);
        request = {
          ask: () => ({ type, ...fields }),
          answer: (frame) => {
            if (frame.type === "result") resolve(frame.data as Answers[Type]);
            else if (frame.type === "error") reject(new NatterError(frame.code, frame.errorText, frame));
          },
          fail: reject,
        };
        connection.ask(request);
      });
    } finally {
      if (request) connection.forget(request);
      clearTimeout(timer);
      signal?.removeEventListener("abort", leave);
    }
  };

  async function* pages<Type extends Operation>(type: Type, asked: Asked<Type>) {
    for (let next: Asked<Type> | undefined = asked; next; ) {
      const page: Answers[Type] & { nextCursor?: string } = await call(type, next);
      yield page;
      next = page.nextCursor ? { ...asked, cursor: page.nextCursor } : undefined;
    }
  }

  const conversations: Conversations = {
    list: (options) => call("conversations.list", { ...options }),
    async *all(options) {
      for await (const page of pages("conversations.list", { ...options })) yield* page.conversations;
    },
    get: (id, options) => call("conversations.get", { ...options, id }),
    async *history(id, options) {
      let cut: HistoryMessage | undefined;
      for await (const page of pages("conversations.get", { ...options, id })) {
        const { messages, nextCursor } = page;
        if (cut) append(messages, cut);
        // The oldest may be cut, and continue the page before.
        cut = nextCursor ? messages.shift() : undefined;
        if (messages.length) yield messages;
      }
    },
    rename: async (id, title, options) => (await call("conversations.rename", { ...options, id, title })).conversation,
    delete: async (id, options) => void (await call("conversations.delete", { ...options, id })),
    search: (query, options) => call("conversations.search", { ...options, query }),
    async *matches(query, options) {
      for await (const page of pages("conversations.search", { ...options, query })) yield* page.hits;
    },
    async export(id, format, options) {
      let file: ExportPage | undefined;
      for await (const page of pages("conversations.export", { ...options, id, format })) {
        file = { ...page, text: (file?.text ?? "") + page.text };
      }
      return file!;
    },
    async toolOutput(id, messageId, toolCallId, options) {
      let output = "";
      for await (const page of pages("messages.output", { ...options, id, messageId, toolCallId })) output += page.output;
      return output;
    },
    rate: async (id, messageId, rating, options) => void (await call("messages.feedback", { ...options, id, messageId, rating })),
  };
  const describe = (options?: CallOptions) => call("server.describe", { ...options });
  return { conversations, describe };
}

/** Puts `cut` behind `messages`: into the last, if that is its beginning. */
function append(messages: HistoryMessage[], cut: HistoryMessage) {
  const last = messages.at(-1);
  if (last?.id === cut.id) last.parts = joinParts(last.parts, cut.parts);
  else messages.push(cut);
}
