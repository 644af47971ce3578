//! The vocabulary of a chat: who speaks, where, and what was said.
//!
//! Plain data without a clock, storage or wire format. Every other module speaks in these words.

mod branches;
mod client_metadata;
mod ids;
mod price;
mod status;
mod timestamp;
mod title;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub use branches::{Branch, Branches, LinearSegment, SIBLINGS_AROUND, Siblings, Tip};
pub use client_metadata::{ClientMetadata, MAX_CLIENT_METADATA_BYTES};
pub use ids::{ConnectionId, ConversationId, InvalidId, MAX_ID_BYTES, MessageId, RequestId, UserId};
pub use price::Price;
pub use status::Status;
pub use timestamp::{Clock, Day, Timestamp, millis};
pub use title::first_words;

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// A piece of a message's content, in the order it was written.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Part {
    /// What the model thought before it answered; shown apart, never sent back to a model.
    Reasoning {
        /// The thoughts so far.
        #[debug("{} bytes", text.len())]
        text: String,
    },
    /// What is said.
    Text {
        /// The text so far.
        #[debug("{} bytes", text.len())]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the reply, reasoning included.
    pub output_tokens: u64,
}

/// How long a reply took, in milliseconds from the moment the model was called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// Until its first token.
    pub first_token_ms: u64,
    /// Until its end.
    pub total_ms: u64,
}

/// What a user thinks of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Feedback {
    /// It helped.
    Up,
    /// It did not.
    Down,
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
    /// When it was accepted (a user's) or begun (a model's).
    pub created_at: Timestamp,
    /// How far the turn that writes it has come. A user's message is `Complete`.
    pub status: Status,
    /// The agent that wrote it.
    pub agent: Option<String>,
    /// The model that wrote it.
    pub model: Option<String>,
    /// What the model counted, once it has said so.
    pub usage: Option<Usage>,
    /// What it cost in US dollars, where the model's price is known.
    pub cost: Option<f64>,
    /// How long it took, once it has ended.
    pub timings: Option<Timings>,
    /// What the user thinks of it.
    pub feedback: Option<Feedback>,
    /// What the client said of it.
    pub client_metadata: Option<ClientMetadata>,
}

impl Message {
    /// A message that holds this text, and is whole; without text it is empty.
    pub fn new(
        id: MessageId,
        user_id: UserId,
        conversation_id: ConversationId,
        role: Role,
        parent_id: Option<MessageId>,
        text: &str,
        created_at: Timestamp,
    ) -> Self {
        let part = Part::Text { text: text.to_owned() };
        Self {
            id,
            client_id: None,
            conversation_id,
            user_id,
            role,
            parent_id,
            parts: if text.is_empty() { Vec::new() } else { vec![part] },
            created_at,
            status: Status::Complete,
            agent: None,
            model: None,
            usage: None,
            cost: None,
            timings: None,
            feedback: None,
            client_metadata: None,
        }
    }

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

/// The bytes of the text of `parts`, whatever their kind.
pub fn text_bytes(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.text().len()).sum()
}

/// The text of `parts`, without reasoning.
pub fn content_of(parts: &[Part]) -> String {
    parts.iter().filter(|part| matches!(part, Part::Text { .. })).map(Part::text).collect()
}

/// The head of a conversation: what is known of it without reading its messages.
#[derive(derive_more::Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Named by the client.
    pub id: ConversationId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called, once a user or a model has named it.
    #[debug("{:?} bytes", title.as_ref().map(String::len))]
    pub title: Option<String>,
    /// The first words in it: what it is called until then.
    #[debug("{:?} bytes", first_words.as_ref().map(String::len))]
    pub first_words: Option<String>,
    /// The last message of the branch that is shown.
    pub head_message_id: MessageId,
    /// Counts the turns; a turn that begins names the version it read, so that of two that race one loses.
    pub version: u64,
    /// When its first message came.
    pub created_at: Timestamp,
    /// When its last turn began.
    pub updated_at: Timestamp,
}

impl Conversation {
    /// What it is called.
    pub fn name(&self) -> Option<&str> {
        self.title.as_deref().or(self.first_words.as_deref())
    }
}

/// The messages from `tip` back to the first that `messages` holds, oldest first: one branch of the conversation. Without a
/// tip there is none.
pub fn branch(messages: Vec<Message>, tip: Option<&MessageId>) -> Vec<Message> {
    let mut by_id: HashMap<MessageId, Message> =
        messages.into_iter().map(|message| (message.id.clone(), message)).collect();
    let mut next = tip.cloned();
    let mut branch = Vec::new();
    while let Some(message) = next.and_then(|id| by_id.remove(&id)) {
        next = message.parent_id.clone();
        branch.push(message);
    }
    branch.reverse();
    branch
}
