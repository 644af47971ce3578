//! How a call to a model fails, whichever server it is.

use std::fmt;
use std::time::Duration;

use crate::error::{ChatError, ErrorCode};

/// What was being waited for when a time limit ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The connection.
    Connect,
    /// The first token.
    FirstToken,
    /// The next token.
    NextToken,
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Phase::Connect => "a connection",
            Phase::FirstToken => "the first token",
            Phase::NextToken => "the next token",
        })
    }
}

/// How a call to a model fails. For the log. Of the server's own words only codes are kept: its sentences may quote the
/// conversation or the key.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is no reaching it, or it answered that it is broken.
    #[error("the model cannot be reached: {0}")]
    Unreachable(String),
    /// It refuses us: the key, the model's name, the account.
    #[error("the model refuses the request with status {status} {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's own code for it; empty where it gave none.
        code: String,
    },
    /// It has too much to do.
    #[error("the model is overloaded (status {status})")]
    Overloaded {
        /// The HTTP status.
        status: u16,
        /// When to come again, where it said so.
        retry_after: Option<Duration>,
    },
    /// The prompt is longer than it can read.
    #[error("the prompt is too long for the model")]
    ContextTooLong,
    /// Its filter refused the prompt.
    #[error("the provider's filter refused the prompt")]
    ContentFiltered,
    /// It kept silent.
    #[error("the model kept silent: waited {} s for {phase}", .limit.as_secs())]
    Silent {
        /// What was being waited for.
        phase: Phase,
        /// How long.
        limit: Duration,
    },
    /// The stream ended before the reply did.
    #[error("the model's stream broke off: {0}")]
    BrokenOff(String),
    /// It said something that is not of its protocol.
    #[error("the model's answer makes no sense: {0}")]
    Malformed(String),
    /// It reported a fault in the middle of the reply.
    #[error("the model reported a fault: {0}")]
    Fault(String),
}

impl ModelError {
    /// What the client is told.
    pub fn code(&self) -> ErrorCode {
        match self {
            ModelError::Overloaded { .. } => ErrorCode::ModelOverloaded,
            ModelError::ContextTooLong => ErrorCode::ContextTooLong,
            ModelError::ContentFiltered => ErrorCode::ContentFiltered,
            ModelError::BrokenOff(_) => ErrorCode::Interrupted,
            ModelError::Unreachable(_)
            | ModelError::Refused { .. }
            | ModelError::Silent { .. }
            | ModelError::Malformed(_)
            | ModelError::Fault(_) => ErrorCode::ModelUnavailable,
        }
    }
}

/// Whether a sentence of a provider that has no code for it says that the prompt is too long.
pub(super) fn says_too_long(sentence: &str) -> bool {
    let sentence = sentence.to_lowercase();
    ["prompt is too long", "input is too long", "exceed context limit"].iter().any(|words| sentence.contains(words))
}

impl From<ModelError> for ChatError {
    fn from(error: ModelError) -> Self {
        let told = ChatError::new(error.code());
        let told = match &error {
            ModelError::Overloaded { retry_after: Some(pause), .. } => told.with_retry_after(*pause),
            _ => told,
        };
        told.caused_by(error)
    }
}
