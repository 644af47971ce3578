//! Operations: frames that are answered by one result.

mod decode;

use serde::Deserialize;

use crate::conversation::{ConversationId, Feedback, MessageId, RequestId};

/// The maximal and default number of conversations of a page.
const MAX_CONVERSATIONS: usize = 50;
const CONVERSATIONS: usize = 20;

/// The maximal and default number of messages of a page.
const MAX_MESSAGES: usize = 100;
const MESSAGES: usize = 30;

/// A request for an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationFrame {
    /// Repeated in the answer.
    pub request_id: RequestId,
    /// What is to be done.
    pub operation: Operation,
}

/// Operations beside turns. Each is idempotent, and does a bounded amount of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `conversations.list`
    List(ListConversations),
    /// `conversations.get`
    Get(GetConversation),
    /// `conversations.rename`
    Rename(RenameConversation),
    /// `conversations.delete`
    Delete(DeleteConversation),
    /// `conversations.search`
    Search(SearchConversations),
    /// `conversations.export`
    Export(ExportConversation),
    /// `messages.output`
    Output(GetOutput),
    /// `messages.feedback`
    Feedback(GiveFeedback),
    /// `server.describe`
    Describe,
}

/// The caller's conversations, newest activity first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct ListConversations {
    /// How many: 1 to 50, by default 20.
    #[serde(default = "conversations")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<usize>"))]
    pub limit: usize,
    /// The cursor from the previous page.
    pub cursor: Option<String>,
}

/// A conversation and a page of its messages, from the newest backwards.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct GetConversation {
    /// The conversation.
    pub id: ConversationId,
    /// How many messages: 1 to 100, by default 30.
    #[serde(default = "messages")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<usize>"))]
    pub limit: usize,
    /// The cursor from the previous page.
    pub cursor: Option<String>,
    /// A message whose branch to read, down to its newest leaf, instead of the current one. Ignored with a cursor,
    /// which belongs to a branch already.
    pub branch: Option<MessageId>,
    /// A message to open the conversation at, such as a search hit: the page begins with it and continues along its
    /// branch, instead of the newest messages. From there `nextCursor` leads backwards, and `newerCursor` forwards.
    pub at: Option<MessageId>,
}

/// A new title for a conversation.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RenameConversation {
    /// The conversation.
    pub id: ConversationId,
    /// 1 to 200 characters on one line.
    #[debug("{} bytes", title.len())]
    pub title: String,
}

/// Delete a conversation with everything in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct DeleteConversation {
    /// The conversation.
    pub id: ConversationId,
}

/// Search the caller's conversations for a text.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct SearchConversations {
    /// 1 to 200 characters, ignoring case.
    #[debug("{} bytes", query.len())]
    pub query: String,
    /// How many hits: 1 to 50, by default 20.
    #[serde(default = "conversations")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<usize>"))]
    pub limit: usize,
    /// The cursor from the previous page.
    pub cursor: Option<String>,
}

/// A conversation as a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct ExportConversation {
    /// The conversation.
    pub id: ConversationId,
    /// What kind of file.
    pub format: ExportFormat,
    /// The cursor from the previous page.
    pub cursor: Option<String>,
}

/// The whole output of a call of a tool, which a message may have cut; a text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct GetOutput {
    /// The conversation.
    pub id: ConversationId,
    /// The reply, by the server's id.
    pub message_id: MessageId,
    /// The call.
    pub tool_call_id: String,
    /// The cursor from the previous page.
    pub cursor: Option<String>,
}

/// File formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// For reading: the text.
    Markdown,
    /// For processing: everything, as `conversations.get` returns it.
    Json,
}

impl ExportFormat {
    /// The end of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            ExportFormat::Markdown => "md",
            ExportFormat::Json => "json",
        }
    }

    /// The media type of the format.
    pub fn media_type(self) -> &'static str {
        match self {
            ExportFormat::Markdown => "text/markdown",
            ExportFormat::Json => "application/json",
        }
    }
}

/// The user's feedback on a message.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct GiveFeedback {
    /// The conversation.
    pub id: ConversationId,
    /// The message, by the server's id.
    pub message_id: MessageId,
    /// The rating.
    pub rating: Rating,
    /// Why, in at most 2,000 characters.
    #[debug("{:?} bytes", comment.as_ref().map(String::len))]
    pub comment: Option<String>,
}

/// A rating, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    /// It helped.
    Up,
    /// It did not.
    Down,
    /// Removes an earlier rating.
    None,
}

impl Rating {
    /// The feedback to store.
    pub fn feedback(self) -> Option<Feedback> {
        match self {
            Rating::Up => Some(Feedback::Up),
            Rating::Down => Some(Feedback::Down),
            Rating::None => None,
        }
    }
}

fn conversations() -> usize {
    CONVERSATIONS
}

fn messages() -> usize {
    MESSAGES
}
