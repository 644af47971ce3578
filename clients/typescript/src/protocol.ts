// The wire in this package's words. The types are the server's own.
import type { ConversationSummary, ErrorCode, MessageMetadata as WireMetadata, ServerFrame } from "./protocol/frames.js";

export type {
  Choice,
  Chunk,
  ConversationList,
  ConversationPage,
  FinishReason,
  HistoryMessage,
  ReplyMetadata,
  ServerDescription,
} from "./protocol/frames.js";
export type { ErrorCode, ServerFrame };

export type Conversation = ConversationSummary;

/** What is known of a message beside what it says. `cost` is in US dollars, where the prices of its model are known. */
export type MessageMetadata = WireMetadata & { cost?: number };

/** What the server tells unasked. */
export type Notice = Extract<ServerFrame, { type: "notice" }>;

export type Rating = "up" | "down" | "none";

export type Hit = { conversationId: string; title?: string; messageId?: string; snippet: string; createdAt: number };

export type SearchPage = { hits: Hit[]; nextCursor?: string };

export type ExportPage = { text: string; mediaType: string; fileName: string; nextCursor?: string };
