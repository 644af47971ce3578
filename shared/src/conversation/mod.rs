//! The domain of a chat: users, conversations and messages.
//!
//! Plain data without a clock, storage or wire format, on which every other module builds.

mod branches;
mod client_metadata;
mod entry;
mod ids;
mod log;
mod price;
mod reasoning_effort;
mod source;
mod status;
mod timestamp;
mod title;
mod tool_call;
mod usage;

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

pub use branches::{Branch, Branches, LinearSegment, SIBLINGS_AROUND, Siblings, Tip};
pub use client_metadata::{ClientMetadata, MAX_CLIENT_METADATA_BYTES};
pub use entry::Entry;
pub use ids::{AgentsVersion, ConnectionId, ConversationId, InvalidId, MAX_ID_BYTES, MessageId, RequestId, UserId};
pub use log::{content_of, entries_between, join_entries, size_of, text_bytes};
pub use price::Price;
pub use reasoning_effort::ReasoningEffort;
pub use source::{MAX_SOURCES, Source};
pub use status::Status;
pub use timestamp::{Clock, Day, Timestamp, millis};
pub use title::first_words;
pub use tool_call::{CallId, Execution, MAX_INPUT_BYTES, MAX_OUTCOME_BYTES, Outcome, OutcomeKind};
pub use usage::Usage;

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

/// How long a reply took, in milliseconds from the model call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// Until its first token.
    pub first_token_ms: u64,
    /// Until its end.
    pub total_ms: u64,
}

/// A user's feedback on a message.
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
    /// The server's id; sorts by time.
    pub id: MessageId,
    /// The client's id of its own message, which it uses again when it retries or edits.
    pub client_id: Option<MessageId>,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// The user whose conversation that is.
    pub user_id: UserId,
    /// Who wrote it.
    pub role: Role,
    /// The parent; `None` for the first. Two messages with one parent are branches.
    pub parent_id: Option<MessageId>,
    /// Its log.
    pub entries: Vec<Entry>,
    /// When it was accepted (a user's) or started (a model's).
    pub created_at: Timestamp,
    /// The status of the turn that writes it. A user's message is `Complete`.
    pub status: Status,
    /// The agent that wrote it.
    pub agent: Option<String>,
    /// The version of the agents that this one was of, unless they are those of the environment.
    pub agents_version: Option<AgentsVersion>,
    /// The model that wrote it.
    pub model: Option<String>,
    /// The model's token counts, once it has sent them.
    pub usage: Option<Usage>,
    /// Its cost in US dollars, if the model's price is known.
    pub cost: Option<f64>,
    /// How long it took, once it has ended.
    pub timings: Option<Timings>,
    /// The user's feedback.
    pub feedback: Option<Feedback>,
    /// The client's metadata.
    pub client_metadata: Option<ClientMetadata>,
}

impl Message {
    /// A user's message after `parent_id`; without text it is empty.
    pub fn question(
        id: MessageId,
        user_id: UserId,
        conversation_id: ConversationId,
        parent_id: Option<MessageId>,
        text: &str,
        created_at: Timestamp,
    ) -> Self {
        let entry = Entry::Text { text: text.to_owned() };
        Self {
            id,
            client_id: None,
            conversation_id,
            user_id,
            role: Role::User,
            parent_id,
            entries: if text.is_empty() { Vec::new() } else { vec![entry] },
            created_at,
            status: Status::Complete,
            agent: None,
            agents_version: None,
            model: None,
            usage: None,
            cost: None,
            timings: None,
            feedback: None,
            client_metadata: None,
        }
    }

    /// The reply to `question`, before its first token.
    pub fn reply(question: &Message, id: MessageId, created_at: Timestamp) -> Self {
        let (user, conversation) = (question.user_id.clone(), question.conversation_id.clone());
        Self {
            role: Role::Assistant,
            status: Status::Streaming,
            ..Self::question(id, user, conversation, Some(question.id.clone()), "", created_at)
        }
    }

    /// Whether `id`, the server's or the client's, names this message.
    pub fn is_named(&self, id: &MessageId) -> bool {
        self.id == *id || self.client_id.as_ref() == Some(id)
    }

    /// The text of the message, without reasoning.
    pub fn content(&self) -> String {
        content_of(&self.entries)
    }
}

/// The head of a conversation: what is known without reading its messages.
#[derive(derive_more::Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Chosen by the client.
    pub id: ConversationId,
    /// Its user.
    pub user_id: UserId,
    /// The title, once the user or a model has set it.
    #[debug("{:?} bytes", title.as_ref().map(String::len))]
    pub title: Option<String>,
    /// The first words in it: its name until there is a title.
    #[debug("{:?} bytes", first_words.as_ref().map(String::len))]
    pub first_words: Option<String>,
    /// The last message of the branch that is shown.
    pub head_message_id: MessageId,
    /// Counts the turns; a turn that starts is conditional on the version it read, so that of two that race one loses.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its last turn started.
    pub updated_at: Timestamp,
    /// The reply at its head waits for the user.
    pub waits: bool,
    /// The tools that the user has allowed in it, without being asked again.
    pub allowed_tools: BTreeSet<String>,
}

impl Conversation {
    /// The title, or the first words.
    pub fn name(&self) -> Option<&str> {
        self.title.as_deref().or(self.first_words.as_deref())
    }
}

/// The branch that ends with `tip`, as far back as `messages` go, oldest first. Without a tip there is none.
pub fn branch<'a>(messages: &[&'a Message], tip: Option<&MessageId>) -> Vec<&'a Message> {
    let mut by_id: HashMap<&MessageId, &Message> = messages.iter().map(|message| (&message.id, *message)).collect();
    let mut next = tip;
    let mut branch = Vec::new();
    while let Some(message) = next.and_then(|id| by_id.remove(id)) {
        next = message.parent_id.as_ref();
        branch.push(message);
    }
    branch.reverse();
    branch
}
