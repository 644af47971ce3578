//! The results of operations. Absent fields are left out.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Part, ReplyMetadata};
use crate::conversation::{Conversation, ConversationId, Feedback, MessageId, Role, Status, Timestamp};
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
    /// Of `messages.output`.
    Output(OutputPage),
    /// Of `server.describe`.
    Description(ServerDescription),
    /// Success, without further data.
    Done(Done),
}

/// Success without data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Done {}

/// A page of the list of conversations.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ConversationList {
    /// Newest activity first.
    pub conversations: Vec<ConversationSummary>,
    /// The cursor of the next page; absent on the last.
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
    /// Its name: the first words, until the user or a model has set a title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[debug("{:?} bytes", title.as_ref().map(String::len))]
    pub title: Option<String>,
    /// When it was created, in milliseconds since 1970.
    pub created_at: Timestamp,
    /// When its last turn started, in milliseconds since 1970.
    pub updated_at: Timestamp,
    /// The reply that is being written; `resume` follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_message_id: Option<MessageId>,
    /// True if its last reply waits for the user: for an approval, or an answer.
    #[serde(skip_serializing_if = "crate::serde_default::is_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<bool>"), ts(optional, as = "Option<bool>"))]
    pub waiting: bool,
}

impl ConversationSummary {
    /// The summary of a conversation in which the reply `running` is being written.
    pub fn of(conversation: Conversation, running: Option<MessageId>) -> Self {
        Self {
            title: conversation.name().map(str::to_owned),
            id: conversation.id,
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
            running_message_id: running,
            waiting: conversation.waits,
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
    /// Oldest first. If older messages follow, the first may be only the end of a message: the next page has its
    /// beginning, as its last message and under the same id. If newer ones follow, the last may likewise be only a
    /// beginning. There may be none although there is a next page.
    pub messages: Vec<HistoryMessage>,
    /// The first message did not fit completely: its beginning is on the next page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub is_cut: bool,
    /// The cursor of the next page, with older messages; absent if there are none, and on a page that was read with
    /// `newerCursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// The cursor of the page with newer messages of the branch, after a page that was opened `at` a message; absent if
    /// there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_cursor: Option<String>,
}

/// A message in the form of `useChat`: a `UIMessage`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HistoryMessage {
    /// The server's id, which sorts by time.
    pub id: MessageId,
    /// Who wrote it.
    pub role: Role,
    /// Its content.
    pub parts: Vec<Part>,
    /// Its metadata.
    pub metadata: MessageMetadata,
}

/// The metadata of a message: the server's, and the client's under other names than these.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct MessageMetadata {
    /// The client's metadata.
    // First, so that of a name that the server uses too the server's value counts, as the last of two.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schemars(skip), ts(skip))]
    pub client: Map<String, Value>,
    /// When it was accepted (a user's) or started (a model's), in milliseconds since 1970.
    pub created_at: Timestamp,
    /// Its status; a user's is complete.
    pub status: Status,
    /// Its parent; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<MessageId>,
    /// The messages with the same parent, in order of time; absent if there is no other. If there are many, the
    /// nearest: itself, and at most ten before and ten after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Vec<MessageId>>"))]
    pub siblings: Vec<MessageId>,
    /// How many of all its siblings come before it; present with `siblings`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sibling_index: Option<usize>,
    /// How many siblings there are, itself included; present with `siblings`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sibling_count: Option<usize>,
    /// The client's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<MessageId>,
    /// The reply's metadata.
    #[serde(flatten)]
    pub reply: ReplyMetadata,
    /// Why the model stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorCode>,
    /// The user's feedback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
}

/// The names of [`MessageMetadata`]'s own fields.
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

/// A conversation with its new title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RenamedConversation {
    /// The conversation.
    pub conversation: ConversationSummary,
}

/// A page of search hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    /// Those in the conversation with the newest activity first. There may be none although there is a next page.
    pub hits: Vec<SearchHit>,
    /// The cursor of the next page; absent when everything was searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A title or a message that contains the searched text.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[debug("{:?} bytes", title.as_ref().map(String::len))]
    pub title: Option<String>,
    /// The message; absent for a hit in the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// The hit with its surroundings, on one line.
    #[debug("{} bytes", snippet.len())]
    pub snippet: String,
    /// When the message was written, or the conversation's last turn started; in milliseconds since 1970.
    pub created_at: Timestamp,
}

/// A page of a file.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ExportPage {
    /// The text of the page. All pages, joined, are the file.
    #[debug("{} bytes", text.len())]
    pub text: String,
    /// The media type of the file.
    pub media_type: &'static str,
    /// A suggested name for the file.
    #[debug("{} bytes", file_name.len())]
    pub file_name: String,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of a tool's output.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct OutputPage {
    /// The text of the page. All pages, joined, are the output: a text, or JSON.
    #[debug("{} bytes", output.len())]
    pub output: String,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// The models, agents and limits of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ServerDescription {
    /// The models that a message may name; the first is the default.
    pub models: Vec<Choice>,
    /// The agents that a message may name; the first is the default.
    pub agents: Vec<Choice>,
    /// The size limits.
    pub limits: Limits,
}

/// A model or an agent to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Choice {
    /// Its id in messages.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// A description, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Size limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// The text of one message, in bytes of UTF-8.
    pub text_bytes: usize,
    /// How many parts of it may be sent before its `send`.
    pub text_parts: usize,
    /// One frame of a client, in bytes.
    pub frame_bytes: usize,
}
