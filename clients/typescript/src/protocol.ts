// The wire, as the server's own types describe it.

/** What went wrong, for programs. */
export type ErrorCode =
  | "invalid_frame"
  | "unauthorized"
  | "not_found"
  | "conversation_busy"
  | "message_too_large"
  | "rate_limited"
  | "quota_exceeded"
  | "model_unavailable"
  | "model_overloaded"
  | "context_too_long"
  | "content_filtered"
  | "interrupted"
  | "internal";

export type FinishReason = "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other";

export type Usage = { inputTokens: number; outputTokens: number };

export type Timings = { firstTokenMs: number; totalMs: number };

export type MessageStatus = "complete" | "stopped" | "failed" | "interrupted" | "streaming";

export type Rating = "up" | "down" | "none";

export type MessageMetadata = {
  createdAt?: number;
  status?: MessageStatus;
  parentId?: string;
  siblings?: string[];
  model?: string;
  usage?: Usage;
  cost?: number;
  timings?: Timings;
  feedback?: "up" | "down";
  error?: ErrorCode;
  finishReason?: FinishReason;
  clientId?: string;
};

export type Chunk =
  | { type: "start"; messageId: string }
  | { type: "text-start"; id: string }
  | { type: "text-delta"; id: string; delta: string }
  | { type: "text-end"; id: string }
  | { type: "reasoning-start"; id: string }
  | { type: "reasoning-delta"; id: string; delta: string }
  | { type: "reasoning-end"; id: string }
  | { type: "finish"; finishReason: FinishReason; messageMetadata?: MessageMetadata }
  | { type: "abort"; reason?: string };

export type Notice =
  | { notice: "turn-started"; id: string; messageId: string }
  | { notice: "reconnect" }
  | { notice: "title-changed"; id: string; title: string }
  | { notice: "conversation-deleted"; id: string };

export type ServerFrame =
  | { type: "start"; requestId: string }
  | { type: "chunk"; requestId: string; sequence: number; chunk: Chunk }
  | { type: "end"; requestId: string }
  | {
      type: "error";
      requestId: string;
      code: ErrorCode;
      errorText: string;
      retryAfterMs?: number;
      details?: Record<string, unknown>;
    }
  | { type: "no-active"; requestId: string }
  | { type: "result"; requestId: string; data: unknown }
  | ({ type: "notice"; requestId: string } & Notice)
  | { type: "pong"; requestId: string };

export type Conversation = {
  id: string;
  title?: string;
  createdAt: number;
  updatedAt: number;
  runningMessageId?: string;
};

export type HistoryPart = { type: "text" | "reasoning"; text: string };

export type HistoryMessage = {
  id: string;
  role: "user" | "assistant";
  parts: HistoryPart[];
  metadata: MessageMetadata;
};

export type Hit = { conversationId: string; title?: string; messageId?: string; snippet: string; createdAt: number };

export type Choice = { id: string; name: string; description?: string };

export type ConversationPage = { conversations: Conversation[]; nextCursor?: string };
export type HistoryPage = { conversation: Conversation; messages: HistoryMessage[]; nextCursor?: string };
export type SearchPage = { hits: Hit[]; nextCursor?: string };
export type ExportPage = { text: string; mediaType: string; fileName: string; nextCursor?: string };
export type ServerDescription = {
  models: Choice[];
  agents: Choice[];
  limits: { textBytes: number; frameBytes: number };
};
