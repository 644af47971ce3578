/** Options of any request. */
export type RequestOptions = {
  /** For the server's own use, as in the AI SDK. */
  headers?: Record<string, string> | undefined;
  body?: object | undefined;
  metadata?: unknown;
  /** Stops the reply on the server, and ends the reading with the signal's reason at once. */
  signal?: AbortSignal | undefined;
};

/** A message of the user, as in the AI SDK. */
export type UserMessage = { id: string; role: "user"; parts: readonly object[]; metadata?: unknown };

export type TurnOptions = RequestOptions & {
  conversationId: string;
  /** What starts the reply; to follow one that runs, it is absent. */
  opening?: {
    trigger: "submit-message" | "regenerate-message";
    message: object;
    /** The messages shown before it, oldest first: they determine its position. */
    before?: readonly { id: string; role: string }[];
    /** The message to answer again, or its previous reply; with `submit-message`, the message to replace. */
    messageId?: string | undefined;
  };
};
