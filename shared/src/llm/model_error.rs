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

/// What of a deployment a server does not agree with. No waiting helps: somebody has to change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misconfiguration {
    /// The key is wrong or missing.
    KeyRefused,
    /// The key has characters that no header may have.
    UnusableKey,
    /// The key is right, and may not do this.
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

/// What of a request a server does not take, although others do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// That usage is asked for.
    StreamOptions,
    /// That instructions have a role of their own.
    SystemRole,
    /// The bound of the reply's tokens.
    TokenLimit {
        /// The numbers that the server names, one of which may be the bound that it takes.
        numbers: Vec<u32>,
        /// It names the newer name of the bound.
        other_name: bool,
    },
}

/// How a call to a model fails. For the log, so nothing of it is a server's own: its sentences may quote the conversation or the
/// key, and its codes may be anything.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is no reaching it, or it answered that it is broken.
    #[error("the model cannot be reached: {0}")]
    Unreachable(String),
    /// It is called in a way that no waiting makes right.
    #[error("{what}{}", of_status(*.status))]
    Misconfigured {
        /// The HTTP status, where there was one.
        status: Option<u16>,
        /// What is wrong.
        what: Misconfiguration,
    },
    /// It refuses the request.
    #[error("the model's server refuses the request (status {status}{})", objected(.objection.as_ref()))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it does not take, where it says so.
        objection: Option<Objection>,
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
    /// It stalled.
    #[error("the model kept silent: waited {} s for {phase}", .limit.as_secs())]
    Stalled {
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
    /// It came to an end without having said anything.
    #[error("the model answered nothing")]
    Empty,
    /// It reported a fault of its own.
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
    }
}

impl ModelError {
    /// What the client is told.
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

    /// What more a user can be told than the code's sentence says; in development, all that the log is.
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
