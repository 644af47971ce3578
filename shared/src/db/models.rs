//! The items of the table. Every key begins with the user, so that no request can reach another user's data.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | conversation head | `USER#u` | `CONV#c` |
//! | message | `USER#u#CONV#c` | `MSG#<id that sorts by time>` |
//! | connection | `USER#u` | `CONN#id` |
//! | request | `USER#u` | `REQ#connection#request` |
//!
//! `expires_at` (seconds since 1970) is the table's time to live. DynamoDB deletes late, so what has expired is
//! passed over by time wherever it matters.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::store::{StoreError, Subscriber, Written};
use crate::conversation::{
    ConnectionId, Conversation, ConversationId, Message, MessageId, Part, RequestId, Role, Timestamp, Usage, UserId,
    content_of,
};
use crate::turn::{Lease, Status, TurnKey};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// How long a request is remembered: longer than a connection lives and any retry comes.
pub const REQUEST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The two strings that name an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The partition.
    pub pk: String,
    /// The place within it.
    pub sk: String,
}

impl Key {
    /// The head of a conversation.
    pub fn conversation(user: &UserId, conversation: &ConversationId) -> Self {
        Self { pk: format!("USER#{user}"), sk: format!("CONV#{conversation}") }
    }

    /// The partition of a conversation's messages.
    pub fn messages(user: &UserId, conversation: &ConversationId) -> String {
        format!("USER#{user}#CONV#{conversation}")
    }

    /// A message.
    pub fn message(user: &UserId, conversation: &ConversationId, message: &MessageId) -> Self {
        Self { pk: Self::messages(user, conversation), sk: format!("MSG#{message}") }
    }

    /// The reply of a turn.
    pub fn turn(turn: &TurnKey) -> Self {
        Self::message(&turn.user_id, &turn.conversation_id, &turn.message_id)
    }

    /// A connection.
    pub fn connection(user: &UserId, connection: &ConnectionId) -> Self {
        Self { pk: format!("USER#{user}"), sk: format!("CONN#{connection}") }
    }

    /// A request.
    pub fn request(user: &UserId, connection: &ConnectionId, request: &RequestId) -> Self {
        Self { pk: format!("USER#{user}"), sk: format!("REQ#{connection}#{request}") }
    }

    /// The key as the SDK has it.
    pub fn into_item(self) -> Item {
        HashMap::from([("pk".to_owned(), AttributeValue::S(self.pk)), ("sk".to_owned(), AttributeValue::S(self.sk))])
    }
}

/// Reads an item.
pub fn read<'a, T: Deserialize<'a>>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// Writes an item.
pub fn write<T: Serialize>(item: &T) -> Result<Item, StoreError> {
    serde_dynamo::to_item(item).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// Writes the value of one attribute.
pub fn value<T: Serialize>(value: T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// The head of a conversation.
#[derive(Debug, Serialize, Deserialize)]
pub struct ConversationItem {
    id: ConversationId,
    user_id: UserId,
    head_message_id: MessageId,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<ConversationItem> for Conversation {
    fn from(item: ConversationItem) -> Self {
        Self {
            id: item.id,
            user_id: item.user_id,
            head_message_id: item.head_message_id,
            version: item.version,
            created_at: item.created_at,
            updated_at: item.updated_at,
        }
    }
}

/// A message. While a reply is written it also holds its owner's lease and what others ask of the owner.
#[derive(Debug, Serialize, Deserialize)]
pub struct MessageItem {
    #[serde(flatten)]
    key: Key,
    id: MessageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<MessageId>,
    conversation_id: ConversationId,
    user_id: UserId,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<MessageId>,
    #[serde(flatten)]
    content: Content,
    created_at: Timestamp,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<Lease>,
}

/// What a message says: its text, and its parts where it is more than one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The text of all text parts, for whoever reads the table.
    pub content: String,
    /// The parts in their order. A text part only counts its bytes of `content`, so that no text is stored twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<StoredPart>>,
}

/// A part as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum StoredPart {
    /// The next bytes of the content.
    Text {
        /// How many.
        bytes: usize,
    },
    /// The thoughts before an answer.
    Reasoning {
        /// The thoughts.
        text: String,
    },
}

impl From<&[Part]> for Content {
    fn from(parts: &[Part]) -> Self {
        let store = |part: &Part| match part {
            Part::Text { text } => StoredPart::Text { bytes: text.len() },
            Part::Reasoning { text } => StoredPart::Reasoning { text: text.clone() },
        };
        Self {
            content: content_of(parts),
            parts: match parts {
                [] | [Part::Text { .. }] => None,
                several => Some(several.iter().map(store).collect()),
            },
        }
    }
}

impl From<Content> for Vec<Part> {
    fn from(stored: Content) -> Self {
        let mut rest = stored.content.as_str();
        match stored.parts {
            None if rest.is_empty() => Vec::new(),
            None => vec![Part::Text { text: stored.content }],
            Some(parts) => parts
                .into_iter()
                .map(|part| match part {
                    StoredPart::Reasoning { text } => Part::Reasoning { text },
                    StoredPart::Text { bytes } => {
                        let (text, after) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
                        rest = after;
                        Part::Text { text: text.to_owned() }
                    }
                })
                .collect(),
        }
    }
}

impl MessageItem {
    /// The item of a message.
    pub fn new(message: &Message, lease: Option<&Lease>) -> Self {
        let message = message.clone();
        Self {
            key: Key::message(&message.user_id, &message.conversation_id, &message.id),
            content: Content::from(&message.parts[..]),
            id: message.id,
            client_id: message.client_id,
            conversation_id: message.conversation_id,
            user_id: message.user_id,
            role: message.role,
            parent_id: message.parent_id,
            created_at: message.created_at,
            status: message.status,
            model: message.model,
            usage: message.usage,
            lease: lease.cloned(),
        }
    }
}

impl From<MessageItem> for Written {
    fn from(item: MessageItem) -> Self {
        Self {
            lease: item.lease,
            message: Message {
                id: item.id,
                client_id: item.client_id,
                conversation_id: item.conversation_id,
                user_id: item.user_id,
                role: item.role,
                parent_id: item.parent_id,
                parts: item.content.into(),
                created_at: item.created_at,
                status: item.status,
                model: item.model,
                usage: item.usage,
            },
        }
    }
}

/// A request and the turn that it started or follows.
#[derive(Debug, Serialize, Deserialize)]
pub struct RequestItem {
    #[serde(flatten)]
    key: Key,
    conversation_id: ConversationId,
    message_id: MessageId,
    expires_at: u64,
}

impl RequestItem {
    /// The item of a request made at `now`.
    pub fn new(turn: &TurnKey, subscriber: &Subscriber, now: Timestamp) -> Self {
        Self {
            key: Key::request(&turn.user_id, &subscriber.connection, &subscriber.request),
            conversation_id: turn.conversation_id.clone(),
            message_id: turn.message_id.clone(),
            expires_at: (now + REQUEST_LIFETIME).seconds(),
        }
    }

    /// The turn of `user` that the request names.
    pub fn into_turn(self, user: &UserId) -> TurnKey {
        TurnKey { user_id: user.clone(), conversation_id: self.conversation_id, message_id: self.message_id }
    }
}

/// A live connection.
#[derive(Debug, Serialize, Deserialize)]
pub struct ConnectionItem {
    #[serde(flatten)]
    key: Key,
    connected_at: Timestamp,
    expires_at: u64,
}

impl ConnectionItem {
    /// The item of a connection.
    pub fn new(user: &UserId, connection: &ConnectionId, connected_at: Timestamp, expires_at: Timestamp) -> Self {
        Self { key: Key::connection(user, connection), connected_at, expires_at: expires_at.seconds() }
    }
}

/// What is read back of a reply when it is saved.
#[derive(Debug, Deserialize)]
pub struct OwnerItem {
    /// The state it is in.
    pub status: Status,
    /// Who writes or wrote it.
    #[serde(default)]
    pub lease: Option<Lease>,
    /// The person wants it to stop.
    #[serde(default)]
    pub stop_requested: bool,
    /// `connection#request` of each who joined.
    #[serde(default, with = "serde_dynamo::string_set")]
    pub subscribers: Vec<String>,
}

/// A subscriber as a member of a set of strings. Ids hold no '#'.
pub fn subscriber_to_text(subscriber: &Subscriber) -> String {
    format!("{}#{}", subscriber.connection, subscriber.request)
}

/// The subscriber that [`subscriber_to_text`] wrote.
pub fn subscriber_from_text(text: &str) -> Option<Subscriber> {
    let (connection, request) = text.split_once('#')?;
    Some(Subscriber { connection: connection.parse().ok()?, request: request.parse().ok()? })
}
