//! Calls of tools: their names, how they are executed, and their outcomes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::MessageId;

/// A call of a tool: unique in the whole table, and so also the idempotency key that a tool gets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(String);

impl CallId {
    /// The call of a reply with this number.
    pub fn new(reply: &MessageId, number: usize) -> Self {
        Self(format!("{reply}-{number}"))
    }

    /// An id that a client has sent. It names a call only if the reply has one of this name.
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Its number in the reply; 0 of what is no call of one.
    pub fn number(&self) -> usize {
        self.0.rsplit_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Who executes a call, and what it waits for before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Execution {
    /// The server, at once.
    Server,
    /// The server, after the user has approved it.
    Approval,
    /// The client, or the user: the output comes in a frame.
    Client,
}

/// How a call ended.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What it is.
    pub kind: OutcomeKind,
    /// The output as text or JSON, or a sentence. At most [`MAX_OUTCOME_BYTES`].
    #[debug("{} bytes", text.len())]
    pub text: String,
    /// What the client is shown instead, as JSON, where the tool returns something else for it.
    #[debug("{:?} bytes", shown.as_ref().map(String::len))]
    pub shown: Option<String>,
}

/// The kinds of outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeKind {
    /// A text.
    Text,
    /// A JSON value.
    Json,
    /// A JSON list of texts and pictures.
    Parts,
    /// It failed; the text says why.
    Error,
    /// The user did not allow it; the text is the user's reason, if there is one.
    Denied,
    /// It was started, and nobody knows whether it had its effect; the text says so.
    Unknown,
}

/// The longest arguments of a call, in bytes.
pub const MAX_INPUT_BYTES: usize = 64 * 1024;

/// The longest outcome in a reply's log, in bytes. What is longer is cut there.
pub const MAX_OUTCOME_BYTES: usize = 64 * 1024;

impl Outcome {
    /// An outcome that the model and the client get alike.
    pub fn new(kind: OutcomeKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), shown: None }
    }

    /// A failure, in one sentence for the model and the user.
    pub fn error(sentence: impl Into<String>) -> Self {
        Self::new(OutcomeKind::Error, sentence)
    }

    /// Whether the tool has answered.
    pub fn is_output(&self) -> bool {
        matches!(self.kind, OutcomeKind::Text | OutcomeKind::Json | OutcomeKind::Parts)
    }
}
