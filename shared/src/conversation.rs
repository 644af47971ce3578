//! The vocabulary of a chat: who speaks, where, and what was said.
//!
//! Plain data without a clock, storage or wire format. Every other module speaks in these words.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use uuid::{NoContext, Uuid};

use crate::turn::Status;

/// An identifier that cannot be used as part of a key: empty, too long, or with a character that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id must have 1 to {MAX_ID_BYTES} visible ASCII characters other than '#'")]
pub struct InvalidId;

/// The longest identifier that is accepted, in bytes. OpenID Connect allows 255 for a subject.
pub const MAX_ID_BYTES: usize = 255;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            // '#' separates the parts of a database key: an id that held one could name another user's item.
            fn try_from(id: String) -> Result<Self, InvalidId> {
                let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
                match id.len() {
                    1..=MAX_ID_BYTES if id.bytes().all(allowed) => Ok(Self(id)),
                    _ => Err(InvalidId),
                }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(id: &str) -> Result<Self, InvalidId> {
                Self::try_from(id.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// The person, as the authorizer named them from the token's subject. Never taken from a frame.
    UserId
);
identifier!(
    /// A conversation, named by the client; unique within its user only.
    ConversationId
);
identifier!(
    /// A message. Ours sort by the time they were made (see [`MessageId::after`]); those that clients give are opaque.
    MessageId
);
identifier!(
    /// One WebSocket, named by API Gateway.
    ConnectionId
);
identifier!(
    /// One request of a client, unique within its connection only.
    RequestId
);

impl MessageId {
    /// A new id (a UUID version 7) that sorts after `previous` even where this machine's clock is behind the one that made it.
    pub fn after(previous: Option<&MessageId>, now: Timestamp) -> Self {
        let earliest = previous.and_then(MessageId::timestamp).map_or(0, |timestamp| timestamp.0 + 1);
        let time = Duration::from_millis(now.0.max(earliest));
        let timestamp = uuid::Timestamp::from_unix(NoContext, time.as_secs(), time.subsec_nanos());
        Self(Uuid::new_v7(timestamp).simple().to_string())
    }

    fn timestamp(&self) -> Option<Timestamp> {
        let (seconds, nanos) = Uuid::parse_str(&self.0).ok()?.get_timestamp()?.to_unix();
        Some(Timestamp(seconds * 1000 + u64::from(nanos) / 1_000_000))
    }
}

/// A point in time: milliseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

/// Tells the time: [`Timestamp::now`], or a test's own.
pub type Clock = fn() -> Timestamp;

impl Timestamp {
    /// The time on this machine's clock.
    pub fn now() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
    }

    /// Whole seconds since 1970, as DynamoDB's TTL and tokens count.
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(millis))
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// A piece of a message's content, in the order it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Part {
    /// What the model thought before it answered; shown apart, never sent back to a model.
    Reasoning {
        /// The thoughts so far.
        text: String,
    },
    /// What is said.
    Text {
        /// The text so far.
        text: String,
    },
}

impl Part {
    /// The part's text, whatever its kind.
    pub fn text(&self) -> &str {
        match self {
            Part::Reasoning { text } | Part::Text { text } => text,
        }
    }

    /// A part of the same kind with another text.
    pub fn with_text(&self, text: String) -> Self {
        match self {
            Part::Reasoning { .. } => Part::Reasoning { text },
            Part::Text { .. } => Part::Text { text },
        }
    }
}

/// What the model counted for one reply, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the reply, reasoning included.
    pub output_tokens: u64,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Ours; sorts by time.
    pub id: MessageId,
    /// The id the client gave to its own message, by which it names it again when it retries or edits.
    pub client_id: Option<MessageId>,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// Whose conversation that is.
    pub user_id: UserId,
    /// Who wrote it.
    pub role: Role,
    /// The message it follows; `None` for the first. Two messages with one parent are branches.
    pub parent_id: Option<MessageId>,
    /// What it says.
    pub parts: Vec<Part>,
    /// When it was accepted (a person's) or begun (a model's).
    pub created_at: Timestamp,
    /// How far the turn that writes it has come. A person's message is `Complete`.
    pub status: Status,
    /// The model that wrote it.
    pub model: Option<String>,
    /// What it cost, once the model has said so.
    pub usage: Option<Usage>,
}

impl Message {
    /// Whether `id`, ours or the client's, names this message.
    pub fn is_named(&self, id: &MessageId) -> bool {
        self.id == *id || self.client_id.as_ref() == Some(id)
    }

    /// The text of the message, without reasoning.
    pub fn content(&self) -> String {
        content_of(&self.parts)
    }
}

/// One list of parts from several that were written one after another: where a cut went through a part, it is whole again.
pub fn join_parts(pieces: impl IntoIterator<Item = Part>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for piece in pieces {
        match (parts.last_mut(), &piece) {
            (Some(Part::Text { text }), Part::Text { text: more })
            | (Some(Part::Reasoning { text }), Part::Reasoning { text: more }) => text.push_str(more),
            _ => parts.push(piece),
        }
    }
    parts
}

/// The text of `parts`, without reasoning.
pub fn content_of(parts: &[Part]) -> String {
    parts.iter().filter(|part| matches!(part, Part::Text { .. })).map(Part::text).collect()
}

/// The head of a conversation: what is known of it without reading its messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Named by the client.
    pub id: ConversationId,
    /// Whose it is.
    pub user_id: UserId,
    /// The last message of the branch that is shown.
    pub head_message_id: MessageId,
    /// Counts the turns; a turn that begins names the version it read, so that of two that race one loses.
    pub version: u64,
    /// When its first message came.
    pub created_at: Timestamp,
    /// When its last turn began.
    pub updated_at: Timestamp,
}

/// The messages from `tip` back to the first that `messages` holds, oldest first: one branch of the conversation.
pub fn branch(messages: Vec<Message>, tip: &MessageId) -> Vec<Message> {
    let mut by_id: HashMap<MessageId, Message> =
        messages.into_iter().map(|message| (message.id.clone(), message)).collect();
    let mut next = Some(tip.clone());
    let mut branch = Vec::new();
    while let Some(message) = next.and_then(|id| by_id.remove(&id)) {
        next = message.parent_id.clone();
        branch.push(message);
    }
    branch.reverse();
    branch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_reach_into_another_key_is_refused() {
        for id in ["", "a#CONV#b", "a b", "a\u{0}b", "ünï", &"x".repeat(MAX_ID_BYTES + 1)] {
            assert_eq!(ConversationId::try_from(id.to_owned()), Err(InvalidId), "{id:?}");
        }
        for id in ["auth0|5f7c", "a@example.org", "KqX6yJbRzPaLWn1s"] {
            assert!(UserId::try_from(id.to_owned()).is_ok(), "{id:?}");
        }
    }

    #[test]
    fn a_message_id_sorts_after_the_one_before_it_even_when_the_clock_is_behind() {
        let ahead = MessageId::after(None, Timestamp(2_000_000_000_000));
        let behind = MessageId::after(Some(&ahead), Timestamp(1_000_000_000_000));
        assert!(behind > ahead);
    }
}
