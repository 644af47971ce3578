// The wire in this package's words. The types are the server's own.
import type {
  ClientFrame,
  ConversationList,
  ConversationPage,
  ConversationSummary,
  Done,
  ErrorCode,
  MessageMetadata as WireMetadata,
  RenamedConversation,
  ServerDescription,
  ServerFrame,
} from "./protocol/frames.js";

export type {
  Choice,
  Chunk,
  FinishReason,
  HistoryMessage,
  ReplyMetadata,
} from "./protocol/frames.js";
export type { ConversationList, ConversationPage, ErrorCode, ServerDescription, ServerFrame };

export type Conversation = ConversationSummary;

/** What is known of a message beside what it says. `cost` is in US dollars, where the prices of its model are known. */
export type MessageMetadata = WireMetadata & { cost?: number };

/** A frame of the server that answers no request. */
export type Notice = Extract<ServerFrame, { type: "notice" }>;

export type Rating = "up" | "down" | "none";

export type Hit = { conversationId: string; title?: string; messageId?: string; snippet: string; createdAt: number };

export type SearchPage = { hits: Hit[]; nextCursor?: string };

export type ExportPage = { text: string; mediaType: string; fileName: string; nextCursor?: string };

type Named = { requestId: string; id: string };

/** The frames that ask for operations. */
export type OperationFrame =
  | Extract<ClientFrame, { type: `${string}.${string}` }>
  | { type: "conversations.search"; requestId: string; query: string; limit?: number; cursor?: string }
  | ({ type: "conversations.export"; format: "markdown" | "json"; cursor?: string } & Named)
  | ({ type: "messages.feedback"; messageId: string; rating: Rating; comment?: string } & Named);

/** What each of them is answered with. */
export type Answers = {
  "conversations.list": ConversationList;
  "conversations.get": ConversationPage;
  "conversations.rename": RenamedConversation;
  "conversations.delete": Done;
  "conversations.search": SearchPage;
  "conversations.export": ExportPage;
  "messages.feedback": Done;
  "server.describe": ServerDescription;
};
