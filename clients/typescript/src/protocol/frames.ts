// The frames on the wire. Made from the server's own types by `make types`; a test keeps them the same. Do not edit.

/**
 * A request without other fields.
 */
export type Addressed = { 
/**
 * Repeated in the answer.
 */
requestId: RequestId, };

/**
 * A model or an agent to choose.
 */
export type Choice = { 
/**
 * Its id in messages.
 */
id: string, 
/**
 * Its name for people.
 */
name: string, 
/**
 * A description, in a sentence.
 */
description?: string, };

/**
 * One step in assembling a message. The stock client rejects `null`: absent fields are left out.
 */
export type Chunk = { "type": "start", 
/**
 * The reply's id.
 */
messageId: string, } | { "type": "start-step" } | { "type": "text-start", 
/**
 * The part's number in the message.
 */
id: string, } | { "type": "text-delta", 
/**
 * The part's number in the message.
 */
id: string, 
/**
 * The added text.
 */
delta: string, } | { "type": "text-end", 
/**
 * The part's number in the message.
 */
id: string, } | { "type": "reasoning-start", 
/**
 * The part's number in the message.
 */
id: string, } | { "type": "reasoning-delta", 
/**
 * The part's number in the message.
 */
id: string, 
/**
 * The added text.
 */
delta: string, } | { "type": "reasoning-end", 
/**
 * The part's number in the message.
 */
id: string, } | { "type": "source-url", 
/**
 * The page's address, which identifies it in the message.
 */
sourceId: string, 
/**
 * The page's address: `http` or `https`.
 */
url: string, 
/**
 * The page's title.
 */
title?: string, } | { "type": "tool-input-start", 
/**
 * The call.
 */
toolCallId: string, 
/**
 * The tool.
 */
toolName: string, } | { "type": "tool-input-available", 
/**
 * The call.
 */
toolCallId: string, 
/**
 * The tool.
 */
toolName: string, 
/**
 * The arguments; a text if they are not JSON, or too long for a frame.
 */
input: unknown, 
/**
 * True if the server executes it without asking. The stock client hands other calls to the page.
 */
providerExecuted?: boolean, } | { "type": "tool-approval-request", 
/**
 * Names the request in the answer.
 */
approvalId: string, 
/**
 * The call.
 */
toolCallId: string, } | { "type": "tool-approval-response", 
/**
 * The request.
 */
approvalId: string, 
/**
 * Whether the call may be executed.
 */
approved: boolean, 
/**
 * The user's reason.
 */
reason?: string, 
/**
 * From now on the call is the server's.
 */
providerExecuted: boolean, } | { "type": "tool-output-available", 
/**
 * The call.
 */
toolCallId: string, 
/**
 * The output; a text if it is too long for a frame.
 */
output: unknown, } | { "type": "tool-output-error", 
/**
 * The call.
 */
toolCallId: string, 
/**
 * One sentence.
 */
errorText: string, } | { "type": "tool-output-denied", 
/**
 * The call.
 */
toolCallId: string, } | { "type": "finish-step" } | { "type": "finish", 
/**
 * Why the model stopped.
 */
finishReason: FinishReason, 
/**
 * The model, usage, cost and timings.
 */
messageMetadata: ReplyMetadata, } | { "type": "abort", 
/**
 * The reason, as one word.
 */
reason: string, };

/**
 * A frame of a client.
 */
export type ClientFrame = { "type": "send" } & Send | { "type": "text-part" } & TextPart | { "type": "resume" } & Resume | { "type": "abort" } & Addressed | { "type": "ping" } & Addressed | { "type": "conversations.list", requestId: RequestId, 
/**
 * How many: 1 to 50, by default 20.
 */
limit?: number, 
/**
 * The cursor from the previous page.
 */
cursor?: string, } | { "type": "conversations.get", requestId: RequestId, 
/**
 * The conversation.
 */
id: ConversationId, 
/**
 * How many messages: 1 to 100, by default 30.
 */
limit?: number, 
/**
 * The cursor from the previous page.
 */
cursor?: string, 
/**
 * A message whose branch to read, down to its newest leaf, instead of the current one. Ignored with a cursor,
 * which belongs to a branch already.
 */
branch?: MessageId, 
/**
 * A message to open the conversation at, such as a search hit: the page begins with it and continues along its
 * branch, instead of the newest messages. From there `nextCursor` leads backwards, and `newerCursor` forwards.
 */
at?: MessageId, } | { "type": "conversations.rename", requestId: RequestId, 
/**
 * The conversation.
 */
id: ConversationId, 
/**
 * 1 to 200 characters on one line.
 */
title: string, } | { "type": "conversations.delete", requestId: RequestId, 
/**
 * The conversation.
 */
id: ConversationId, } | { "type": "conversations.search", requestId: RequestId, 
/**
 * 1 to 200 characters, ignoring case.
 */
query: string, 
/**
 * How many hits: 1 to 50, by default 20.
 */
limit?: number, 
/**
 * The cursor from the previous page.
 */
cursor?: string, } | { "type": "conversations.export", requestId: RequestId, 
/**
 * The conversation.
 */
id: ConversationId, 
/**
 * What kind of file.
 */
format: ExportFormat, 
/**
 * The cursor from the previous page.
 */
cursor?: string, } | { "type": "messages.output", requestId: RequestId, 
/**
 * The conversation.
 */
id: ConversationId, 
/**
 * The reply, by the server's id.
 */
messageId: MessageId, 
/**
 * The call.
 */
toolCallId: string, 
/**
 * The cursor from the previous page.
 */
cursor?: string, } | { "type": "messages.feedback", requestId: RequestId, 
/**
 * The conversation.
 */
id: ConversationId, 
/**
 * The message, by the server's id.
 */
messageId: MessageId, 
/**
 * The rating.
 */
rating: Rating, 
/**
 * Why, in at most 2,000 characters.
 */
comment?: string, } | { "type": "server.describe" } & Addressed;

/**
 * A conversation, named by the client; unique only within its user.
 */
export type ConversationId = string;

/**
 * A page of the list of conversations.
 */
export type ConversationList = { 
/**
 * Newest activity first.
 */
conversations: Array<ConversationSummary>, 
/**
 * The cursor of the next page; absent on the last.
 */
nextCursor?: string, };

/**
 * A conversation and a page of one of its branches.
 */
export type ConversationPage = { 
/**
 * The conversation.
 */
conversation: ConversationSummary, 
/**
 * Oldest first. If older messages follow, the first may be only the end of a message: the next page has its
 * beginning, as its last message and under the same id. If newer ones follow, the last may likewise be only a
 * beginning. There may be none although there is a next page.
 */
messages: Array<HistoryMessage>, 
/**
 * The first message did not fit completely: its beginning is on the next page.
 */
isCut?: boolean, 
/**
 * The cursor of the next page, with older messages; absent if there are none, and on a page that was read with
 * `newerCursor`.
 */
nextCursor?: string, 
/**
 * The cursor of the page with newer messages of the branch, after a page that was opened `at` a message; absent if
 * there are none.
 */
newerCursor?: string, };

/**
 * A conversation without its messages.
 */
export type ConversationSummary = { 
/**
 * Its id.
 */
id: ConversationId, 
/**
 * Its name: the first words, until the user or a model has set a title.
 */
title?: string, 
/**
 * When it was created, in milliseconds since 1970.
 */
createdAt: Timestamp, 
/**
 * When its last turn started, in milliseconds since 1970.
 */
updatedAt: Timestamp, 
/**
 * The reply that is being written; `resume` follows it.
 */
runningMessageId?: MessageId, 
/**
 * True if its last reply waits for the user: for an approval, or an answer.
 */
waiting?: boolean, };

/**
 * Success without data.
 */
export type Done = Record<symbol, never>;

/**
 * The error codes, for programs. Codes never change their meaning and are never removed.
 */
export type ErrorCode = "invalid_frame" | "unauthorized" | "not_found" | "conversation_busy" | "message_too_large" | "rate_limited" | "quota_exceeded" | "model_unavailable" | "misconfigured" | "model_overloaded" | "context_too_long" | "content_filtered" | "interrupted" | "internal";

/**
 * File formats.
 */
export type ExportFormat = "markdown" | "json";

/**
 * A page of a file.
 */
export type ExportPage = { 
/**
 * The text of the page. All pages, joined, are the file.
 */
text: string, 
/**
 * The media type of the file.
 */
mediaType: string, 
/**
 * A suggested name for the file.
 */
fileName: string, 
/**
 * The cursor of the next page; absent on the last.
 */
nextCursor?: string, };

/**
 * A user's feedback on a message.
 */
export type Feedback = "up" | "down";

/**
 * Why a model stopped writing. The names are those of the wire.
 */
export type FinishReason = "stop" | "length" | "content-filter" | "tool-calls" | "interrupted" | "other";

/**
 * A message in the form of `useChat`: a `UIMessage`.
 */
export type HistoryMessage = { 
/**
 * The server's id, which sorts by time.
 */
id: MessageId, 
/**
 * Who wrote it.
 */
role: Role, 
/**
 * Its content.
 */
parts: Array<Part>, 
/**
 * Its metadata.
 */
metadata: MessageMetadata, };

/**
 * Size limits.
 */
export type Limits = { 
/**
 * The text of one message, in bytes of UTF-8.
 */
textBytes: number, 
/**
 * How many parts of it may be sent before its `send`.
 */
textParts: number, 
/**
 * One frame of a client, in bytes.
 */
frameBytes: number, };

/**
 * A message. The server's ids sort by creation time (see [`MessageId::after`]); those of clients are opaque.
 */
export type MessageId = string;

/**
 * The metadata of a message: the server's, and the client's under other names than these.
 */
export type MessageMetadata = { 
/**
 * When it was accepted (a user's) or started (a model's), in milliseconds since 1970.
 */
createdAt: Timestamp, 
/**
 * Its status; a user's is complete.
 */
status: Status, 
/**
 * Its parent; absent for the first.
 */
parentId?: MessageId, 
/**
 * The messages with the same parent, in order of time; absent if there is no other. If there are many, the
 * nearest: itself, and at most ten before and ten after it.
 */
siblings?: Array<MessageId>, 
/**
 * How many of all its siblings come before it; present with `siblings`.
 */
siblingIndex?: number, 
/**
 * How many siblings there are, itself included; present with `siblings`.
 */
siblingCount?: number, 
/**
 * The client's id of it.
 */
clientId?: MessageId, 
/**
 * Why the model stopped.
 */
finishReason?: FinishReason, 
/**
 * Why it failed.
 */
error?: ErrorCode, 
/**
 * The user's feedback.
 */
feedback?: Feedback, 
/**
 * The model that wrote the reply.
 */
model?: string, 
/**
 * The model's token counts.
 */
usage?: Usage, 
/**
 * The cost in US dollars.
 */
cost?: number, 
/**
 * How long it took.
 */
timings?: Timings, };

/**
 * The data of a `result` frame.
 */
export type OperationResult = ConversationList | ConversationPage | RenamedConversation | SearchPage | ExportPage | OutputPage | ServerDescription | Done;

/**
 * A page of a tool's output.
 */
export type OutputPage = { 
/**
 * The text of the page. All pages, joined, are the output: a text, or JSON.
 */
output: string, 
/**
 * The cursor of the next page; absent on the last.
 */
nextCursor?: string, };

/**
 * A part of a `UIMessage`.
 */
export type Part = WrittenPart | ToolPart;

/**
 * A rating, or none.
 */
export type Rating = "up" | "down" | "none";

/**
 * A conversation with its new title.
 */
export type RenamedConversation = { 
/**
 * The conversation.
 */
conversation: ConversationSummary, };

/**
 * The metadata of a reply at its end.
 */
export type ReplyMetadata = { 
/**
 * The model that wrote the reply.
 */
model?: string, 
/**
 * The model's token counts.
 */
usage?: Usage, 
/**
 * The cost in US dollars.
 */
cost?: number, 
/**
 * How long it took.
 */
timings?: Timings, };

/**
 * One request of a client, unique only within its connection.
 */
export type RequestId = string;

/**
 * A request to follow the running turn of a conversation.
 */
export type Resume = { 
/**
 * Repeated in every frame of the answer.
 */
requestId: RequestId, 
/**
 * The conversation.
 */
id: ConversationId, };

/**
 * Who wrote a message.
 */
export type Role = "user" | "assistant";

/**
 * A title or a message that contains the searched text.
 */
export type SearchHit = { 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * Its name.
 */
title?: string, 
/**
 * The message; absent for a hit in the title.
 */
messageId?: MessageId, 
/**
 * The hit with its surroundings, on one line.
 */
snippet: string, 
/**
 * When the message was written, or the conversation's last turn started; in milliseconds since 1970.
 */
createdAt: Timestamp, };

/**
 * A page of search hits.
 */
export type SearchPage = { 
/**
 * Those in the conversation with the newest activity first. There may be none although there is a next page.
 */
hits: Array<SearchHit>, 
/**
 * The cursor of the next page; absent when everything was searched.
 */
nextCursor?: string, };

/**
 * A message for the model.
 */
export type Send = { 
/**
 * Repeated in every frame of the answer.
 */
requestId: RequestId, 
/**
 * The conversation, which need not exist yet.
 */
id: ConversationId, 
/**
 * What to do.
 */
trigger: Trigger, 
/**
 * With `regenerate-message`: the reply to replace, or the message it answers. With `submit-message`: the message
 * that this one replaces, as an edit.
 */
messageId?: MessageId, 
/**
 * The last is the new one. Of those before it only the ids are read, of eight at most: the nearest that is stored
 * becomes the parent of the new one, unless `messageId` or `parentId` says otherwise. The server keeps the
 * history.
 */
messages: Array<SentMessage>, 
/**
 * Choices of this message.
 */
body?: SendBody, };

/**
 * Choices of one message.
 */
export type SendBody = { 
/**
 * The parent message, by the server's id or the client's, or null to begin the conversation again; if absent, the
 * one shown before it in `messages`.
 */
parentId?: MessageId | null, 
/**
 * The model to answer with, from those that `server.describe` lists; the first if absent.
 */
model?: string, 
/**
 * The agent to answer with, from those that `server.describe` lists; the first if absent.
 */
agent?: string, 
/**
 * How many parts of the message's text were sent before, as frames `text-part` with the same `requestId`: at most
 * 20. The text of the message itself follows them.
 */
textParts?: number, 
/**
 * Calls that are approved with this frame, whose tools need no more approval in this conversation.
 */
alwaysAllow?: Array<string>, };

/**
 * A message of a user.
 */
export type SentMessage = { id: MessageId, role: string, parts: Array<SentPart>, 
/**
 * The client's metadata: an object of 4,096 bytes at most, which is returned unchanged, except for names that the
 * server uses itself.
 */
metadata?: Record<string, unknown>, };

/**
 * A part of a message. Parts without text are skipped; files are rejected.
 */
export type SentPart = { type: string, text?: string, };

/**
 * The models, agents and limits of the server.
 */
export type ServerDescription = { 
/**
 * The models that a message may name; the first is the default.
 */
models: Array<Choice>, 
/**
 * The agents that a message may name; the first is the default.
 */
agents: Array<Choice>, 
/**
 * The size limits.
 */
limits: Limits, };

/**
 * A frame for a client. The stock client rejects `null`: absent fields are left out.
 */
export type ServerFrame = { "type": "start", 
/**
 * The request that is answered.
 */
requestId: string, } | { "type": "chunk", 
/**
 * The request that is answered.
 */
requestId: string, 
/**
 * 0, 1, 2 … for each request, without gaps.
 */
sequence: number, 
/**
 * The chunk.
 */
chunk: Chunk, } | { "type": "end", 
/**
 * The request that is answered.
 */
requestId: string, } | { "type": "error", 
/**
 * The request that is answered.
 */
requestId: string, 
/**
 * For programs.
 */
code: ErrorCode, 
/**
 * One sentence for a user.
 */
errorText: string, 
/**
 * When to retry, in milliseconds.
 */
retryAfterMs?: number, 
/**
 * Details that a program needs to act on it.
 */
details?: Record<string, unknown>, } | { "type": "no-active", 
/**
 * The request that is answered.
 */
requestId: string, } | { "type": "result", 
/**
 * The request that is answered.
 */
requestId: string, 
/**
 * The result.
 */
data: OperationResult, } | { "type": "notice", 
/**
 * Always `-`: the stock client ignores unknown requests, which makes this a safe channel.
 */
requestId: string, } & ({ "notice": "turn-started", 
/**
 * The conversation.
 */
id: string, 
/**
 * The reply.
 */
messageId: string, } | { "notice": "turn-waiting", 
/**
 * The conversation.
 */
id: string, 
/**
 * The reply.
 */
messageId: string, } | { "notice": "title-changed", 
/**
 * The conversation.
 */
id: string, 
/**
 * The title.
 */
title: string, } | { "notice": "conversation-deleted", 
/**
 * The conversation.
 */
id: string, } | { "notice": "reconnect" }) | { "type": "pong", 
/**
 * The request that is answered.
 */
requestId: string, };

/**
 * The status of a reply.
 */
export type Status = "streaming" | "waiting" | "complete" | "stopped" | "failed" | "interrupted";

/**
 * A part of the text of a message, which the `send` with the same `requestId` completes.
 */
export type TextPart = { 
/**
 * That of the `send`.
 */
requestId: RequestId, 
/**
 * Its index among the parts, from 0 to 19.
 */
index: number, 
/**
 * The text. The frame around it has 32 KB at most, like every other.
 */
text: string, };

/**
 * A point in time: milliseconds since 1970 (UTC).
 */
export type Timestamp = number;

/**
 * How long a reply took, in milliseconds from the model call.
 */
export type Timings = { 
/**
 * Until its first token.
 */
firstTokenMs: number, 
/**
 * Until its end.
 */
totalMs: number, };

/**
 * A request for approval, and the answer.
 */
export type ToolApproval = { 
/**
 * Names the request in the answer.
 */
id: string, 
/**
 * The answer, once there is one.
 */
approved?: boolean, 
/**
 * The user's reason.
 */
reason?: string, };

/**
 * A call of a tool, in the AI SDK's format.
 */
export type ToolPart = { 
/**
 * `tool-` and the tool's name.
 */
type: `tool-${string}`, 
/**
 * The call.
 */
toolCallId: string, 
/**
 * How far it is.
 */
state: ToolState, 
/**
 * The arguments; a text if they are not JSON, or too long.
 */
input: unknown, 
/**
 * The output, in the state `output-available`; a text if it is too long.
 */
output?: unknown, 
/**
 * What went wrong, in the state `output-error`.
 */
errorText?: string, 
/**
 * The request for approval, if the call needs one.
 */
approval?: ToolApproval, 
/**
 * The server executes it.
 */
providerExecuted?: boolean, };

/**
 * The state of a call.
 */
export type ToolState = "input-streaming" | "input-available" | "approval-requested" | "approval-responded" | "output-available" | "output-error" | "output-denied";

/**
 * What to do with a message.
 */
export type Trigger = "submit-message" | "regenerate-message";

/**
 * The model's token counts for one reply.
 */
export type Usage = { 
/**
 * Tokens of the prompt.
 */
inputTokens: number, 
/**
 * Tokens of the reply, reasoning included.
 */
outputTokens: number, 
/**
 * Those of the prompt that the provider read from its cache.
 */
cachedInputTokens?: number, };

/**
 * A part of what the model, or the user, wrote.
 */
export type WrittenPart = { "type": "step-start" } | { "type": "reasoning", 
/**
 * The reasoning so far.
 */
text: string, } | { "type": "text", 
/**
 * The text so far.
 */
text: string, } | { "type": "source-url", 
/**
 * The page's address, which identifies it in the message.
 */
sourceId: string, 
/**
 * The page's address: `http` or `https`.
 */
url: string, 
/**
 * The page's title.
 */
title?: string, };
