//! What operations are answered with. What is absent is left out.

use serde::Serialize;
use serde_json::{Map, Value};

use super::ReplyMetadata;
use crate::conversation::{Conversation, ConversationId, Feedback, MessageId, Part, Role, Status, Timestamp};
use crate::error::ErrorCode;
use crate::turn::FinishReason;

/// The data of a `result` frame.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(untagged)]
pub enum OperationResult {
    /// Of `conversations.list`.
    List(ConversationList),
    /// Of `conversations.get`.
    Page(ConversationPage),
    /// Of `conversations.rename`.
    Renamed(RenamedConversation),
    /// Of `conversations.search`.
    Search(SearchPage),
    /// Of `conversations.export`.
    Export(ExportPage),
    /// Of `server.describe`.
    Description(ServerDescription),
    /// It was done, and there is no more to say.
    Done(Done),
}

/// Nothing but that it was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Done {}

/// A page of the list of conversations.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ConversationList {
    /// The one with the newest activity first.
    pub conversations: Vec<ConversationSummary>,
    /// Where the next page begins, unless this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A conversation without its messages.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ConversationSummary {
    /// Its id.
    pub id: ConversationId,
    /// What it is called: its first words, until a user or a model has named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[debug("{:?} bytes", title.as_ref().map(String::len))]
    pub title: Option<String>,
    /// When its first message came, in milliseconds since 1970.
    pub created_at: Timestamp,
    /// When its last turn began, in milliseconds since 1970.
    pub updated_at: Timestamp,
    /// The reply that is being written; `resume` follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_message_id: Option<MessageId>,
}

impl ConversationSummary {
    /// What is shown of a conversation in which the reply `running` is being written.
    pub fn of(conversation: Conversation, running: Option<MessageId>) -> Self {
        Self {
            title: conversation.name().map(str::to_owned),
            id: conversation.id,
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
            running_message_id: running,
        }
    }
}

/// A conversation and a page of one of its branches.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ConversationPage {
    /// The conversation.
    pub conversation: ConversationSummary,
    /// Oldest first. Where older messages follow, there may be only the end of the first: the next page has what comes
    /// before it, as its last message and under the same id. Where newer ones follow, it is the same with the last message
    /// and its beginning. There may be none although there is a next page.
    pub messages: Vec<HistoryMessage>,
    /// There was no room for all of the first message: its beginning is on the next page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub is_cut: bool,
    /// Where the next page, with older messages, begins; absent when there are none, and on a page that `newerCursor`
    /// has led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Where the page with newer messages of the branch begins, after a page that was opened `at` a message; absent when
    /// there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_cursor: Option<String>,
}

/// A message as `useChat` has it: a `UIMessage`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HistoryMessage {
    /// The server's id, which sorts by time.
    pub id: MessageId,
    /// Who wrote it.
    pub role: Role,
    /// What it says.
    pub parts: Vec<Part>,
    /// What else is known of it.
    pub metadata: MessageMetadata,
}

/// What is known of a message beside what it says, and what its client has said of it under other names than these.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct MessageMetadata {
    /// What its client has said of it.
    // First, so that a name that is used here since then is the server's: of two the last counts.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schemars(skip), ts(skip))]
    pub client: Map<String, Value>,
    /// When it was accepted (a user's) or begun (a model's), in milliseconds since 1970.
    pub created_at: Timestamp,
    /// How far it has come; a user's is complete.
    pub status: Status,
    /// The message it follows; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<MessageId>,
    /// The messages that follow the same one, in the order of time; absent when there is no other. Of many there are those
    /// next to this one: itself, and at most ten before it and ten behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Vec<MessageId>>"))]
    pub siblings: Vec<MessageId>,
    /// How many of all its siblings come before this one; present where `siblings` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sibling_index: Option<usize>,
    /// How many siblings there are, this one included; present where `siblings` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sibling_count: Option<usize>,
    /// The id that the client gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<MessageId>,
    /// What the model did.
    #[serde(flatten)]
    pub reply: ReplyMetadata,
    /// Why the model stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorCode>,
    /// What the user thinks of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
}

/// The names that [`MessageMetadata`] uses itself.
pub(super) const METADATA_NAMES: [&str; 14] = [
    "createdAt",
    "status",
    "parentId",
    "siblings",
    "siblingIndex",
    "siblingCount",
    "clientId",
    "model",
    "usage",
    "cost",
    "timings",
    "finishReason",
    "error",
    "feedback",
];

/// A conversation under its new title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RenamedConversation {
    /// The conversation.
    pub conversation: ConversationSummary,
}

/// What a search has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    /// Those in the conversation with the newest activity first. There may be none although there is a next page.
    pub hits: Vec<SearchHit>,
    /// Where the next page begins; absent when everything was looked through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A title or a message that holds what was searched for.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[debug("{:?} bytes", title.as_ref().map(String::len))]
    pub title: Option<String>,
    /// The message; absent when the title was hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// The hit with what is around it, on one line.
    #[debug("{} bytes", snippet.len())]
    pub snippet: String,
    /// When the message was written, or the conversation last talked in; in milliseconds since 1970.
    pub created_at: Timestamp,
}

/// A piece of a file.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ExportPage {
    /// The piece. All pieces, one behind the other, are the file.
    #[debug("{} bytes", text.len())]
    pub text: String,
    /// What kind of file it is.
    pub media_type: &'static str,
    /// What it may be called.
    #[debug("{} bytes", file_name.len())]
    pub file_name: String,
    /// Where the next piece begins, unless this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What a client may choose from, and what it must keep to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ServerDescription {
    /// The models that a message may name; the first is the default.
    pub models: Vec<Choice>,
    /// The agents that a message may name; the first is the default.
    pub agents: Vec<Choice>,
    /// How long things may be.
    pub limits: Limits,
}

/// One of several things to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Choice {
    /// By which a message names it.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it is good for, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// How long things may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// The text of one message, in bytes of UTF-8.
    pub text_bytes: usize,
    /// How many pieces of it may come before its `send`.
    pub text_parts: usize,
    /// One frame of a client, in bytes.
    pub frame_bytes: usize,
}
