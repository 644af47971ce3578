import { createConnection } from "./connection.js";
import { page, type Environment } from "./environment.js";
import { createOperations, type CallOptions, type Conversations } from "./operations.js";
import type { Notice, ServerDescription } from "./protocol.js";
import type { Address } from "./socket.js";
import type { ConnectionState } from "./state.js";
import { defaultTiming, type Timing } from "./timing.js";
import { openTurn, type RequestOptions, type Turn, type TurnOptions } from "./turn.js";

export type ClientOptions = Address & {
  /** The longest frame that may be sent, in bytes: API Gateway ends a connection over 32 KB. A longer text goes out in several. */
  frameBytes?: number;
  /** What is waited for, and how long, where it should differ from the usual. */
  timing?: Partial<Timing>;
  /** What tells of the network and of who looks; a page's own, unless given. */
  environment?: Environment;
};

export type SendOptions = RequestOptions & {
  conversationId: string;
  /** What the person says. */
  text: string;
  /** Names the message, so that sending it again neither stores nor answers it twice. Made up unless given. */
  messageId?: string | undefined;
  /** Takes the place of the message with this id: an edit, which leaves the former one as a branch. */
  replaces?: string | undefined;
  /** Asks for another reply to the message with this id, or to the one that the reply with this id answers. */
  regenerate?: string | undefined;
};

export interface Client {
  /**
   * Sends a message. The turn is its reply.
   *
   * If the connection is lost before the message was acknowledged it is sent again: the server keeps it once.
   */
  send(options: SendOptions): Turn;
  /** Starts a turn with a message as the AI SDK has it. */
  start(options: TurnOptions): Turn;
  /** Follows the reply that is being written in a conversation, from its beginning. `null` if there is none. */
  resume(options: RequestOptions & { conversationId: string }): Promise<Turn | null>;
  /** What can be done with the person's conversations. */
  conversations: Conversations;
  /** What the server offers: models, agents, limits. */
  describe(options?: CallOptions): Promise<ServerDescription>;

  /** Whether there is a connection. */
  readonly state: ConnectionState;
  /** Has `listener` called with each new state; returns how to end that. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Has `listener` called with what the server tells unasked; returns how to end that. It tells whoever is connected: see `connect`. */
  onNotice(listener: (notice: Notice) => void): () => void;
  /** Opens the connection before it is needed. */
  connect(): void;
  /** Closes the connection. What waits fails; replies go on at the server. A later request opens another one. */
  close(): void;
}

/** A client of a Natter server. It opens one connection when it is first needed, and keeps it until `close()`. */
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
  const open = (options: TurnOptions) => openTurn(connection, usedTiming, readMessage, options);
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

/** An id that nobody else has: good for conversations and messages. */
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
