//! The errors of a call to a model, whichever server it is.

use std::fmt;
use std::time::Duration;

use crate::error::{ChatError, ErrorCode};

/// What was being waited for when a time limit expired.
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

/// A misconfiguration that a server reports. Retrying does not help: the operator has to change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misconfiguration {
    /// The key is wrong or missing.
    KeyRefused,
    /// The key has characters that no header may have.
    UnusableKey,
    /// The key is valid, but lacks the permission.
    NoAccess,
    /// There is no model of this name.
    UnknownModel,
    /// The account has no credit left.
    AccountUsedUp,
    /// There is no such API at the address.
    WrongAddress,
}

impl fmt::Display for Misconfiguration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Misconfiguration::KeyRefused => "the model's server refuses the API key",
            Misconfiguration::UnusableKey => "the API key has characters that no header may have",
            Misconfiguration::NoAccess => "the model's server denies access to the model with this API key",
            Misconfiguration::UnknownModel => "the model's server has no model of this name",
            Misconfiguration::AccountUsedUp => "the account at the model's provider has no credit left",
            Misconfiguration::WrongAddress => "there is no such API at the address of the model's server",
        })
    }
}

/// What of a request a server rejects, although others accept it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// Requesting usage.
    StreamOptions,
    /// A role for instructions.
    SystemRole,
    /// The token limit of the reply.
    TokenLimit {
        /// The numbers in the error, one of which may be the limit that it accepts.
        numbers: Vec<u32>,
        /// The error mentions the newer name of the limit.
        other_name: bool,
    },
    /// Tools.
    Tools,
    /// Being told whether to call tools.
    ToolChoice,
    /// Strict schemas of tools.
    StrictSchemas,
    /// Cache points.
    CachePoints,
    /// Reasoning that is returned.
    Reasoning,
    /// Pictures, which results of tools may have.
    Pictures,
    /// Being told not to store the reply.
    Storage,
    /// Requesting the reasoning in encrypted form.
    EncryptedReasoning,
    /// Requesting summaries of the reasoning.
    Summaries,
    /// Being told how long to reason.
    Effort,
    /// All settings of reasoning.
    ReasoningSettings,
}

impl Objection {
    /// Whether it is to something that only requests with tools have.
    pub(super) fn is_to_tools(&self) -> bool {
        match self {
            Objection::StreamOptions
            | Objection::SystemRole
            | Objection::TokenLimit { .. }
            | Objection::Storage
            | Objection::Summaries
            | Objection::Effort
            | Objection::ReasoningSettings => false,
            Objection::Tools
            | Objection::ToolChoice
            | Objection::StrictSchemas
            | Objection::CachePoints
            | Objection::Reasoning
            | Objection::EncryptedReasoning
            | Objection::Pictures => true,
        }
    }
}

/// Why a call to a model failed. For the log, so it contains no text of a server: that may quote the conversation or
/// the key.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It is unreachable, or reports an internal error.
    #[error("the model cannot be reached: {0}")]
    Unreachable(String),
    /// It is misconfigured.
    #[error("{what}{}", of_status(*.status))]
    Misconfigured {
        /// The HTTP status, if there was one.
        status: Option<u16>,
        /// What is wrong.
        what: Misconfiguration,
    },
    /// It rejects the request.
    #[error("the model's server refuses the request (status {status}{})", objected(.objection.as_ref()))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it rejects, if it says so.
        objection: Option<Objection>,
    },
    /// It is overloaded.
    #[error("the model is overloaded (status {status})")]
    Overloaded {
        /// The HTTP status.
        status: u16,
        /// When to retry, if it says so.
        retry_after: Option<Duration>,
    },
    /// The prompt exceeds its context window.
    #[error("the prompt is too long for the model")]
    ContextTooLong,
    /// Its content filter rejected the prompt.
    #[error("the provider's filter refused the prompt")]
    ContentFiltered,
    /// It stalled.
    #[error("the model stalled: waited {} s for {phase}", .limit.as_secs())]
    Stalled {
        /// What was being waited for.
        phase: Phase,
        /// How long.
        limit: Duration,
    },
    /// The stream ended before the reply did.
    #[error("the model's stream broke off: {0}")]
    BrokenOff(String),
    /// Its answer violates the protocol.
    #[error("the model's answer makes no sense: {0}")]
    Malformed(String),
    /// It ended without any output.
    #[error("the model answered nothing")]
    Empty,
    /// It reported an internal error.
    #[error("the model reported a fault")]
    Fault,
}

fn of_status(status: Option<u16>) -> String {
    status.map(|status| format!(" (status {status})")).unwrap_or_default()
}

fn objected(objection: Option<&Objection>) -> &'static str {
    match objection {
        None => "",
        Some(Objection::StreamOptions) => ", for its stream_options",
        Some(Objection::SystemRole) => ", for the role of its instructions",
        Some(Objection::TokenLimit { .. }) => ", for its bound of tokens",
        Some(Objection::Tools) => ", for its tools",
        Some(Objection::ToolChoice) => ", for its tool choice",
        Some(Objection::StrictSchemas) => ", for its strict schemas",
        Some(Objection::CachePoints) => ", for its cache points",
        Some(Objection::Pictures) => ", for its pictures",
        Some(Objection::Reasoning) => ", for the reasoning that it returns",
        Some(Objection::Storage) => ", for `store`",
        Some(Objection::EncryptedReasoning) => ", for requesting encrypted reasoning",
        Some(Objection::Summaries) => ", for requesting summaries of reasoning",
        Some(Objection::Effort) => ", for its reasoning effort",
        Some(Objection::ReasoningSettings) => ", for its settings of reasoning",
    }
}

impl ModelError {
    /// The code for the client.
    pub fn code(&self) -> ErrorCode {
        match self {
            ModelError::Overloaded { .. } => ErrorCode::ModelOverloaded,
            ModelError::ContextTooLong => ErrorCode::ContextTooLong,
            ModelError::ContentFiltered => ErrorCode::ContentFiltered,
            ModelError::BrokenOff(_) => ErrorCode::Interrupted,
            ModelError::Misconfigured { .. } => ErrorCode::Misconfigured,
            ModelError::Unreachable(_)
            | ModelError::Refused { .. }
            | ModelError::Stalled { .. }
            | ModelError::Malformed(_)
            | ModelError::Empty
            | ModelError::Fault => ErrorCode::ModelUnavailable,
        }
    }

    /// What a user may read beyond the code's sentence; in development, the full error.
    pub fn explanation(&self, in_development: bool) -> Option<String> {
        let sentence = self.code().sentence();
        match self {
            _ if in_development => Some(format!("{sentence} ({self})")),
            ModelError::Stalled { limit, .. } => Some(format!(
                "The model was silent for {} seconds and was given up. Please try again.",
                limit.as_secs()
            )),
            _ => None,
        }
    }
}

impl From<ModelError> for ChatError {
    fn from(error: ModelError) -> Self {
        let client_error = ChatError::new(error.code());
        let client_error = match &error {
            ModelError::Overloaded { retry_after: Some(pause), .. } => client_error.with_retry_after(*pause),
            _ => client_error,
        };
        client_error.caused_by(error)
    }
}
