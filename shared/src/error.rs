//! The errors that clients get.
//!
//! Two layers. The layers below have types of their own where a caller branches on them (`ModelError`, `StoreError`,
//! `PostError`, `TokenError`). What reaches a client is a [`ChatError`]: a stable code and a sentence for a user on
//! the outside, and the cause, for the log only, on the inside.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The error codes, for programs. Codes never change their meaning and are never removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The frame violates the protocol.
    InvalidFrame,
    /// The caller is not authenticated.
    Unauthorized,
    /// It does not exist for this user.
    NotFound,
    /// Another reply is being written in this conversation.
    ConversationBusy,
    /// The message is longer than is accepted.
    MessageTooLarge,
    /// Too many requests in a short time.
    RateLimited,
    /// A daily limit is reached.
    QuotaExceeded,
    /// The model is unreachable, fails, or does not answer.
    ModelUnavailable,
    /// The model's server rejects the key, the model's name or the account: retrying does not help.
    Misconfigured,
    /// The model is overloaded.
    ModelOverloaded,
    /// The conversation exceeds the model's context window.
    ContextTooLong,
    /// The provider's content filter rejected the message or the reply.
    ContentFiltered,
    /// The reply was interrupted; the text so far is stored.
    Interrupted,
    /// An internal error.
    Internal,
}

impl ErrorCode {
    /// One sentence for the user, without internals.
    pub fn sentence(self) -> &'static str {
        match self {
            ErrorCode::InvalidFrame => "The request could not be understood.",
            ErrorCode::Unauthorized => "Please sign in again.",
            ErrorCode::NotFound => "This message or conversation does not exist.",
            ErrorCode::ConversationBusy => "A reply is still being written in this conversation.",
            ErrorCode::MessageTooLarge => "The message is too long.",
            ErrorCode::RateLimited => "That was too fast. Please wait a moment and try again.",
            ErrorCode::QuotaExceeded => "Today's limit is used up.",
            ErrorCode::ModelUnavailable => "The model is not available at the moment. Please try again.",
            ErrorCode::Misconfigured => {
                "This service is misconfigured and cannot use its model. Trying again does not help: its operator has to mend it."
            }
            ErrorCode::ModelOverloaded => "The model is busy at the moment. Please try again in a little while.",
            ErrorCode::ContextTooLong => "The conversation has become too long for the model.",
            ErrorCode::ContentFiltered => "The model's provider declined to answer this.",
            ErrorCode::Interrupted => "The reply was interrupted. What had arrived is kept.",
            ErrorCode::Internal => "Something went wrong on our side. Please try again.",
        }
    }
}

/// The code's stable name.
impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

/// A failure, as the client gets it and as it is logged.
#[derive(Debug)]
pub struct ChatError {
    /// For programs.
    pub code: ErrorCode,
    /// For the user.
    pub sentence: String,
    /// When to retry.
    pub retry_after: Option<Duration>,
    /// What a program needs to act on the error, such as a limit.
    pub details: Map<String, Value>,
    // For the log. It may contain internals, so it never becomes part of a frame.
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl ChatError {
    /// An error with the code's own sentence.
    pub fn new(code: ErrorCode) -> Self {
        Self { code, sentence: code.sentence().to_owned(), retry_after: None, details: Map::new(), cause: None }
    }

    /// The same error with a sentence that says more.
    pub fn with_sentence(mut self, sentence: impl Into<String>) -> Self {
        self.sentence = sentence.into();
        self
    }

    /// The same error with one more detail for programs.
    pub fn with_detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// The same error with when to retry.
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// The same error with its cause, for the log.
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// A frame that violates the protocol; `what` completes the sentence "The request could not be understood: …".
    pub fn invalid_frame(what: impl fmt::Display) -> Self {
        Self::new(ErrorCode::InvalidFrame).with_sentence(format!("The request could not be understood: {what}."))
    }

    /// An internal error, in general words for the client.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorCode::Internal).caused_by(cause)
    }
}

impl fmt::Display for ChatError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.code)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for ChatError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
