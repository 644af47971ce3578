// The wire in this package's words. The types are the server's own.
import type {
  ClientFrame,
  ConversationList,
  ConversationPage as WirePage,
  ConversationSummary,
  Done,
  ErrorCode,
  HistoryMessage as WireMessage,
  MessageMetadata as WireMetadata,
  RenamedConversation,
  ServerDescription,
  ServerFrame,
  WrittenPart,
} from "./protocol/frames.js";

export type {
  Choice,
  Chunk,
  FinishReason,
  ReplyMetadata,
} from "./protocol/frames.js";
export type { ConversationList, ErrorCode, ServerDescription, ServerFrame, WrittenPart };

/** A call of a tool, in one of the AI SDK's states: each has its own fields. */
export type ToolPart = {
  /** `tool-` and the tool's name. */
  type: `tool-${string}`;
  /** The call. */
  toolCallId: string;
  /** The arguments; a text if they are not JSON, or too long. */
  input: unknown;
  /** The server executes it. */
  providerExecuted?: boolean;
} & (
  | { state: "input-streaming"; output?: never; errorText?: never; approval?: never }
  | { state: "input-available"; output?: never; errorText?: never; approval?: never }
  | { state: "approval-requested"; output?: never; errorText?: never; approval: { id: string; approved?: never; reason?: never } }
  | { state: "approval-responded"; output?: never; errorText?: never; approval: Approval<boolean> }
  | { state: "output-available"; output: unknown; errorText?: never; approval?: Approval<true> }
  | { state: "output-error"; output?: never; errorText: string; approval?: Approval<true> }
  | { state: "output-denied"; output?: never; errorText?: never; approval: Approval<false> }
);

type Approval<Approved> = { id: string; approved: Approved; reason?: string };

/** A part of a message. */
export type Part = WrittenPart | ToolPart;

/** A message in the form of `useChat`: a `UIMessage`. */
export type HistoryMessage = Omit<WireMessage, "parts"> & { parts: Part[] };

export type ConversationPage = Omit<WirePage, "messages"> & { messages: HistoryMessage[] };

export type Conversation = ConversationSummary;

/** What is known of a message beside what it says. `cost` is in US dollars, where the prices of its model are known. */
export type MessageMetadata = WireMetadata & { cost?: number };

/** A frame of the server that answers no request. */
export type Notice = Extract<ServerFrame, { type: "notice" }>;

export type Rating = "up" | "down" | "none";

export type Hit = { conversationId: string; title?: string; messageId?: string; snippet: string; createdAt: number };

export type SearchPage = { hits: Hit[]; nextCursor?: string };

export type OutputPage = { output: string; nextCursor?: string };

export type ExportPage = { text: string; mediaType: string; fileName: string; nextCursor?: string };

type Named = { requestId: string; id: string };

/** The frames that ask for operations. */
export type OperationFrame =
  | Extract<ClientFrame, { type: `${string}.${string}` }>
  | { type: "conversations.search"; requestId: string; query: string; limit?: number; cursor?: string }
  | ({ type: "conversations.export"; format: "markdown" | "json"; cursor?: string } & Named)
  | ({ type: "messages.output"; messageId: string; toolCallId: string; cursor?: string } & Named)
  | ({ type: "messages.feedback"; messageId: string; rating: Rating; comment?: string } & Named);

/** What each of them is answered with. */
export type Answers = {
  "conversations.list": ConversationList;
  "conversations.get": ConversationPage;
  "conversations.rename": RenamedConversation;
  "conversations.delete": Done;
  "conversations.search": SearchPage;
  "conversations.export": ExportPage;
  "messages.output": OutputPage;
  "messages.feedback": Done;
  "server.describe": ServerDescription;
};
