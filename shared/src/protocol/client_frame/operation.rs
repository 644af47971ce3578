//! Operations: frames that are answered by one result.

use serde::Deserialize;

use super::parse;
use crate::conversation::{ConversationId, MessageId, RequestId};
use crate::error::ChatError;

/// The most conversations of one page, and how many it has when the client does not say.
const MAX_CONVERSATIONS: usize = 50;
const CONVERSATIONS: usize = 20;

/// The most messages of one page, and how many it has when the client does not say.
const MAX_MESSAGES: usize = 100;
const MESSAGES: usize = 30;

/// The longest title, in characters.
const MAX_TITLE: usize = 200;

/// A request for an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationFrame {
    /// Named in the answer.
    pub request_id: RequestId,
    /// What is to be done.
    pub operation: Operation,
}

/// What a client may ask for beside turns. Each may be repeated, and does a bounded amount of work.
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
    /// `server.describe`
    Describe,
}

/// The caller's conversations, the one with the newest activity first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(ts_rs::TS), ts(optional_fields))]
pub struct ListConversations {
    /// How many: 1 to 50, by default 20.
    #[serde(default = "conversations")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<usize>"))]
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A conversation and a page of its messages, from the newest back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(ts_rs::TS), ts(optional_fields))]
pub struct GetConversation {
    /// The conversation.
    pub id: ConversationId,
    /// How many messages: 1 to 100, by default 30.
    #[serde(default = "messages")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<usize>"))]
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// A message whose branch is wanted, down to its newest leaf, instead of the one that was talked in last.
    pub branch: Option<MessageId>,
}

/// Another title for a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(ts_rs::TS))]
pub struct RenameConversation {
    /// The conversation.
    pub id: ConversationId,
    /// 1 to 200 characters on one line.
    pub title: String,
}

/// The end of a conversation and everything in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(ts_rs::TS))]
pub struct DeleteConversation {
    /// The conversation.
    pub id: ConversationId,
}

fn conversations() -> usize {
    CONVERSATIONS
}

fn messages() -> usize {
    MESSAGES
}

impl Operation {
    /// Reads the frame of this `kind`; `None` when no operation is called so.
    ///
    /// # Errors
    /// A field is missing, of the wrong type or out of bounds.
    pub(super) fn decode(kind: &str, text: &str) -> Result<Option<Self>, ChatError> {
        Ok(Some(match kind {
            "conversations.list" => {
                let list: ListConversations = parse(text)?;
                check_limit(list.limit, MAX_CONVERSATIONS)?;
                Operation::List(list)
            }
            "conversations.get" => {
                let get: GetConversation = parse(text)?;
                check_limit(get.limit, MAX_MESSAGES)?;
                Operation::Get(get)
            }
            "conversations.rename" => {
                let rename: RenameConversation = parse(text)?;
                Operation::Rename(RenameConversation { title: check_title(&rename.title)?, ..rename })
            }
            "conversations.delete" => Operation::Delete(parse(text)?),
            "server.describe" => Operation::Describe,
            _ => return Ok(None),
        }))
    }
}

fn check_limit(limit: usize, most: usize) -> Result<(), ChatError> {
    match (1..=most).contains(&limit) {
        true => Ok(()),
        false => Err(ChatError::invalid_frame(format!("limit must be from 1 to {most}"))),
    }
}

fn check_title(title: &str) -> Result<String, ChatError> {
    let words = title.split(|character: char| character.is_whitespace() || character.is_control());
    let title = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match title.chars().count() {
        1..=MAX_TITLE => Ok(title),
        _ => Err(ChatError::invalid_frame(format!("title must have 1 to {MAX_TITLE} characters"))),
    }
}
