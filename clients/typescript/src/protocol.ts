// The wire in this package's words. The types are the server's own.
import type { ConversationSummary, ErrorCode, ServerFrame } from "./protocol/frames.js";

export type {
  Choice,
  Chunk,
  ConversationList,
  ConversationPage,
  FinishReason,
  HistoryMessage,
  MessageMetadata,
  ReplyMetadata,
  ServerDescription,
} from "./protocol/frames.js";
export type { ErrorCode, ServerFrame };

export type Conversation = ConversationSummary;

/** What the server tells unasked. */
export type Notice = Extract<ServerFrame, { type: "notice" }>;

export type Rating = "up" | "down" | "none";

export type Hit = { conversationId: string; title?: string; messageId?: string; snippet: string; createdAt: number };

export type SearchPage = { hits: Hit[]; nextCursor?: string };

export type ExportPage = { text: string; mediaType: string; fileName: string; nextCursor?: string };
