import { toPart, type Answer } from "./answers.js";
import { createConnection } from "./connection.js";
import { page, type Environment } from "./environment.js";
import { createOperations, type CallOptions, type Conversations } from "./operations.js";
import type { Notice, ServerDescription } from "./protocol.js";
import type { Address } from "./socket.js";
import type { ConnectionState } from "./state.js";
import { defaultTiming, type Timing } from "./timing.js";
import { openTurn, type Turn } from "./turn.js";
import type { RequestOptions, TurnOptions } from "./turn-options.js";

export type ClientOptions = Address & {
  /** Maximum frame in bytes: API Gateway closes a connection over 32 KB. A longer text is sent in several. */
  frameBytes?: number;
  /** Timeouts that differ from the default. */
  timing?: Partial<Timing>;
  /** The source of online and visibility state; the page, unless given. */
  environment?: Environment;
};

export type SendOptions = RequestOptions & {
  conversationId: string;
  /** The user's text. */
  text: string;
  /** The id of the message, which makes sending it idempotent. Generated unless given. */
  messageId?: string | undefined;
  /** Replaces the message with this id: an edit, which keeps the old one as a sibling. */
  replaces?: string | undefined;
  /** Asks for another reply to the message with this id, or to the one that the reply with this id answers. */
  regenerate?: string | undefined;
};

export type AnswerOptions = RequestOptions & {
  conversationId: string;
  /** The reply that waits. */
  messageId: string;
  /** One or more of those that it waits for. It goes on when none is missing. */
  answers: readonly Answer[];
  /** Approved calls whose tools need no more approval in this conversation. */
  alwaysAllow?: readonly string[] | undefined;
};

export interface Client {
  /**
   * Sends a message. The turn is its reply.
   *
   * If the connection is lost before the message was acknowledged it is sent again: the server keeps it once.
   */
  send(options: SendOptions): Turn;
  /**
   * Answers calls of a reply that waits. The turn is what follows: nothing but its end, with the reason `tool-calls`, while other
   * calls wait. After a second `start` chunk, what follows comes anew.
   */
  answer(options: AnswerOptions): Turn;
  /** Starts a turn with a message as the AI SDK has it. */
  start(options: TurnOptions): Turn;
  /** Follows the reply that is being written in a conversation, from its beginning. `null` if there is none. */
  resume(options: RequestOptions & { conversationId: string }): Promise<Turn | null>;
  /** Operations on the user's conversations. */
  conversations: Conversations;
  /** What the server offers: models, agents, limits. */
  describe(options?: CallOptions): Promise<ServerDescription>;

  /** Whether there is a connection. */
  readonly state: ConnectionState;
  /** Calls `listener` with each new state. Returns the function that unsubscribes. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Calls `listener` with each notice of the server. Returns the function that unsubscribes. Notices need a connection: see `connect`. */
  onNotice(listener: (notice: Notice) => void): () => void;
  /** Opens the connection before it is needed. */
  connect(): void;
  /** Closes the connection. Pending requests fail; replies go on at the server. A later request opens another one. */
  close(): void;
}

/** Creates a client of a Natter server. It opens one connection on first use, and keeps it until `close()`. */
export function createClient({ frameBytes = 32_768, timing, environment = page, ...address }: ClientOptions): Client {
  const usedTiming = { ...defaultTiming, ...timing };
  const states = createListeners<ConnectionState>();
  const notices = createListeners<Notice>();
  const connection = createConnection({
    ...address,
    environment,
    frameBytes,
    timing: usedTiming,
    onState: states.tell,
    onNotice: notices.tell,
  });
  const { conversations, describe } = createOperations(connection, usedTiming.answerMs);

  const readMessage = async (id: string, messageId: string) => {
    for await (const messages of conversations.history(id, { branch: messageId })) {
      const message = messages.find((message) => message.id === messageId);
      if (message) return message;
    }
    return undefined;
  };
  const open = (options: TurnOptions) => openTurn({ connection, timing: usedTiming, readMessage }, options);
  const start = (options: TurnOptions) => open(options).turn;

  return {
    start,
    send: ({ text, messageId = newId(), replaces, regenerate, ...options }) =>
      start({
        ...options,
        opening: {
          trigger: regenerate ? "regenerate-message" : "submit-message",
          message: { id: messageId, role: "user", parts: [{ type: "text", text }] },
          messageId: regenerate ?? replaces,
        },
      }),
    answer: ({ messageId, answers, ...options }) =>
      start({
        ...options,
        opening: {
          trigger: "submit-message",
          message: { id: messageId, role: "assistant", parts: answers.map(toPart) },
          messageId,
        },
      }),
    async resume(options) {
      const { turn, waitForChunk } = open(options);
      return (await waitForChunk()) ? turn : null;
    },
    conversations,
    describe,
    get state() {
      return connection.state();
    },
    onState: states.add,
    onNotice: notices.add,
    connect: connection.connect,
    close: connection.close,
  };
}

/** Returns a unique id for a conversation or a message. */
export const newId = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (number) => number.toString(36)).join("");

function createListeners<Value>() {
  const all = new Set<(value: Value) => void>();
  return {
    // One that throws must not keep the connection from its work.
    tell: (value: Value) => all.forEach((listener) => queueMicrotask(() => listener(value))),
    add(listener: (value: Value) => void) {
      all.add(listener);
      return () => void all.delete(listener);
    },
  };
}
