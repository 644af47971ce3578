// The frames on the wire. Made from the server's own types by `make types`; a test keeps them the same. Do not edit.

/**
 * A request that says nothing more.
 */
export type Addressed = { 
/**
 * Named in the answer.
 */
requestId: RequestId, };

/**
 * One of several things to choose from.
 */
export type Choice = { 
/**
 * By which a message names it.
 */
id: string, 
/**
 * For people.
 */
name: string, 
/**
 * What it is good for, in a sentence.
 */
description?: string, };

/**
 * One step in the assembly of a message. The stock client refuses `null`: what is absent is left out.
 */
export type Chunk = { "type": "start", 
/**
 * The reply's id.
 */
messageId: string, } | { "type": "text-start", 
/**
 * The part's number in the message.
 */
id: string, } | { "type": "text-delta", 
/**
 * The part's number in the message.
 */
id: string, 
/**
 * What is added.
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
 * What is added.
 */
delta: string, } | { "type": "reasoning-end", 
/**
 * The part's number in the message.
 */
id: string, } | { "type": "finish", 
/**
 * Why the model stopped.
 */
finishReason: FinishReason, 
/**
 * What it took.
 */
messageMetadata: ReplyMetadata, } | { "type": "abort", 
/**
 * In a word.
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
 * Where the page before ended.
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
 * Where the page before ended.
 */
cursor?: string, 
/**
 * A message whose branch is wanted, down to its newest leaf, instead of the one that was talked in last. With a cursor
 * it is not read: that is of a branch already.
 */
branch?: MessageId, 
/**
 * A message to open the conversation at, such as one that a search has found: the page begins with it and has what
 * follows it on its branch, instead of the newest messages. From there `nextCursor` leads back, and `newerCursor` on.
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
 * 1 to 200 characters. The case of letters does not matter.
 */
query: string, 
/**
 * How many hits: 1 to 50, by default 20.
 */
limit?: number, 
/**
 * Where the page before ended.
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
 * Where the page before ended.
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
 * The judgement.
 */
rating: Rating, 
/**
 * Why, in at most 2,000 characters.
 */
comment?: string, } | { "type": "server.describe" } & Addressed;

/**
 * A conversation, named by the client; unique within its user only.
 */
export type ConversationId = string;

/**
 * A page of the list of conversations.
 */
export type ConversationList = { 
/**
 * The one with the newest activity first.
 */
conversations: Array<ConversationSummary>, 
/**
 * Where the next page begins, unless this is the last.
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
 * Oldest first. Where older messages follow, there may be only the end of the first: the next page has what comes
 * before it, as its last message and under the same id. Where newer ones follow, it is the same with the last message
 * and its beginning. There may be none although there is a next page.
 */
messages: Array<HistoryMessage>, 
/**
 * There was no room for all of the first message: its beginning is on the next page.
 */
isCut?: boolean, 
/**
 * Where the next page, with older messages, begins; absent when there are none, and on a page that `newerCursor`
 * has led to.
 */
nextCursor?: string, 
/**
 * Where the page with newer messages of the branch begins, after a page that was opened `at` a message; absent when
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
 * What it is called: its first words, until a person or a model has named it.
 */
title?: string, 
/**
 * When its first message came, in milliseconds since 1970.
 */
createdAt: Timestamp, 
/**
 * When its last turn began, in milliseconds since 1970.
 */
updatedAt: Timestamp, 
/**
 * The reply that is being written; `resume` follows it.
 */
runningMessageId?: MessageId, };

/**
 * Nothing but that it was done.
 */
export type Done = Record<symbol, never>;

/**
 * What went wrong, for programs. Codes never change their meaning and are never removed.
 */
export type ErrorCode = "invalid_frame" | "unauthorized" | "not_found" | "conversation_busy" | "message_too_large" | "rate_limited" | "quota_exceeded" | "model_unavailable" | "misconfigured" | "model_overloaded" | "context_too_long" | "content_filtered" | "interrupted" | "internal";

/**
 * Kinds of files.
 */
export type ExportFormat = "markdown" | "json";

/**
 * A piece of a file.
 */
export type ExportPage = { 
/**
 * The piece. All pieces, one behind the other, are the file.
 */
text: string, 
/**
 * What kind of file it is.
 */
mediaType: string, 
/**
 * What it may be called.
 */
fileName: string, 
/**
 * Where the next piece begins, unless this is the last.
 */
nextCursor?: string, };

/**
 * What a person thinks of a message.
 */
export type Feedback = "up" | "down";

/**
 * Why a model stopped writing. The names are those of the wire.
 */
export type FinishReason = "stop" | "length" | "content-filter" | "tool-calls" | "other";

/**
 * A message as `useChat` has it: a `UIMessage`.
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
 * What it says.
 */
parts: Array<Part>, 
/**
 * What else is known of it.
 */
metadata: MessageMetadata, };

/**
 * How long things may be.
 */
export type Limits = { 
/**
 * The text of one message, in bytes of UTF-8.
 */
textBytes: number, 
/**
 * How many pieces of it may come before its `send`.
 */
textParts: number, 
/**
 * One frame of a client, in bytes.
 */
frameBytes: number, };

/**
 * A message. Ours sort by the time they were made (see [`MessageId::after`]); those that clients give are opaque.
 */
export type MessageId = string;

/**
 * What is known of a message beside what it says, and what its client has said of it under other names than these.
 */
export type MessageMetadata = { 
/**
 * When it was accepted (a person's) or begun (a model's), in milliseconds since 1970.
 */
createdAt: Timestamp, 
/**
 * How far it has come; a person's is complete.
 */
status: Status, 
/**
 * The message it follows; absent for the first.
 */
parentId?: MessageId, 
/**
 * The messages that follow the same one, in the order of time; absent when there is no other. Of many there are those
 * next to this one: itself, and at most ten before it and ten behind it.
 */
siblings?: Array<MessageId>, 
/**
 * How many of all its siblings come before this one; present where `siblings` is.
 */
siblingIndex?: number, 
/**
 * How many siblings there are, this one included; present where `siblings` is.
 */
siblingCount?: number, 
/**
 * The id that the client gave it.
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
 * What the person thinks of it.
 */
feedback?: Feedback, 
/**
 * The model that wrote the reply.
 */
model?: string, 
/**
 * What the model counted.
 */
usage?: Usage, 
/**
 * What it cost, in US dollars.
 */
cost?: number, 
/**
 * How long it took.
 */
timings?: Timings, };

/**
 * The data of a `result` frame.
 */
export type OperationResult = ConversationList | ConversationPage | RenamedConversation | SearchPage | ExportPage | ServerDescription | Done;

/**
 * A piece of a message's content, in the order it was written.
 */
export type Part = { "type": "reasoning", 
/**
 * The thoughts so far.
 */
text: string, } | { "type": "text", 
/**
 * The text so far.
 */
text: string, };

/**
 * A judgement, or none.
 */
export type Rating = "up" | "down" | "none";

/**
 * A conversation under its new title.
 */
export type RenamedConversation = { 
/**
 * The conversation.
 */
conversation: ConversationSummary, };

/**
 * What is known of a reply at its end.
 */
export type ReplyMetadata = { 
/**
 * The model that wrote the reply.
 */
model?: string, 
/**
 * What the model counted.
 */
usage?: Usage, 
/**
 * What it cost, in US dollars.
 */
cost?: number, 
/**
 * How long it took.
 */
timings?: Timings, };

/**
 * One request of a client, unique within its connection only.
 */
export type RequestId = string;

/**
 * A request to follow the running turn of a conversation.
 */
export type Resume = { 
/**
 * Named in every frame of the answer.
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
 * A title or a message that holds what was searched for.
 */
export type SearchHit = { 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * What it is called.
 */
title?: string, 
/**
 * The message; absent when the title was hit.
 */
messageId?: MessageId, 
/**
 * The hit with what is around it, on one line.
 */
snippet: string, 
/**
 * When the message was written, or the conversation last talked in; in milliseconds since 1970.
 */
createdAt: Timestamp, };

/**
 * What a search has found.
 */
export type SearchPage = { 
/**
 * Those in the conversation with the newest activity first. There may be none although there is a next page.
 */
hits: Array<SearchHit>, 
/**
 * Where the next page begins; absent when everything was looked through.
 */
nextCursor?: string, };

/**
 * A message for the model.
 */
export type Send = { 
/**
 * Named in every frame of the answer.
 */
requestId: RequestId, 
/**
 * The conversation, which need not exist yet.
 */
id: ConversationId, 
/**
 * What is to be done.
 */
trigger: Trigger, 
/**
 * Of `regenerate-message`: the reply that does not please, or the message it answers. Of `submit-message`: the message in
 * whose place this one comes, which is an edit.
 */
messageId?: MessageId, 
/**
 * The last is the new one. Of those before it only the ids are read, of eight at most: the nearest that is stored says
 * where the new one belongs, unless `messageId` or `parentId` does. History is the server's.
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
 * The message it follows, by the server's id or the client's, or null where it begins the conversation anew; when absent,
 * the one that is shown before it in `messages`.
 */
parentId?: MessageId | null, 
/**
 * The model that is to answer, of those that `server.describe` names; the first when absent.
 */
model?: string, 
/**
 * The agent that is to answer, of those that `server.describe` names; the first when absent.
 */
agent?: string, 
/**
 * How many pieces of the message's text came before, as frames `text-part` with the same `requestId`: at most 20. The text of
 * the message itself is what follows them.
 */
textParts?: number, };

/**
 * A message of a person.
 */
export type SentMessage = { id: MessageId, role: string, parts: Array<SentPart>, 
/**
 * What the client wants to know of it later: an object of 4,096 bytes at most, which is given back as it is, but for names
 * that the server uses itself.
 */
metadata?: Record<string, unknown>, };

/**
 * A part of a message. Those without text are passed over; files are refused.
 */
export type SentPart = { type: string, text?: string, };

/**
 * What a client may choose from, and what it must keep to.
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
 * How long things may be.
 */
limits: Limits, };

/**
 * A frame for a client. The stock client refuses `null`: what is absent is left out.
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
 * 0, 1, 2 … for each request, without a gap.
 */
sequence: number, 
/**
 * The piece.
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
 * One sentence for a person.
 */
errorText: string, 
/**
 * When it is worth trying again, in milliseconds.
 */
retryAfterMs?: number, 
/**
 * What a program needs to act on it.
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
 * What was asked for.
 */
data: OperationResult, } | { "type": "notice", 
/**
 * Always `-`: the stock client ignores requests it does not know, which makes this a safe channel.
 */
requestId: string, } & ({ "notice": "turn-started", 
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
 * What it is called.
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
 * How far a reply has come.
 */
export type Status = "streaming" | "complete" | "stopped" | "failed" | "interrupted";

/**
 * A piece of the text of a message, which the `send` with the same `requestId` ends.
 */
export type TextPart = { 
/**
 * That of the `send`.
 */
requestId: RequestId, 
/**
 * Its place among the pieces, from 0 to 19.
 */
index: number, 
/**
 * What it says. The frame around it is of 32 KB at the most, like every other.
 */
text: string, };

/**
 * A point in time: milliseconds since 1970 (UTC).
 */
export type Timestamp = number;

/**
 * How long a reply took, in milliseconds from the moment the model was called.
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
 * What is to be done with a message.
 */
export type Trigger = "submit-message" | "regenerate-message";

/**
 * What the model counted for one reply, in tokens.
 */
export type Usage = { 
/**
 * Tokens of the prompt.
 */
inputTokens: number, 
/**
 * Tokens of the reply, reasoning included.
 */
outputTokens: number, };
