/** Options of any request. */
export type RequestOptions = {
  /** For the server's own use, as in the AI SDK. */
  headers?: Record<string, string> | undefined;
  body?: object | undefined;
  metadata?: unknown;
  /** Stops the reply on the server, and ends the reading with the signal's reason at once. */
  signal?: AbortSignal | undefined;
};

/** A message, as in the AI SDK. */
export type OpeningMessage = { id: string; role: string; parts: readonly object[]; metadata?: unknown };

export type TurnOptions = RequestOptions & {
  conversationId: string;
  /** What starts the reply, or lets it go on; to follow one that runs, it is absent. */
  opening?: {
    trigger: "submit-message" | "regenerate-message";
    /** The user's message; or the reply that waits, with the answered calls as its parts. */
    message: OpeningMessage;
    /** The messages shown before it, oldest first: they determine its position. */
    before?: readonly { id: string; role: string }[];
    /**
     * The message to answer again, or its previous reply; with `submit-message`, the message to replace. With answers, the reply
     * that waits.
     */
    messageId?: string | undefined;
  };
  /** Approved calls whose tools need no more approval in this conversation. */
  alwaysAllow?: readonly string[] | undefined;
};
