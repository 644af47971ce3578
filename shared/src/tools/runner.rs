//! What runs a tool in the function.

use futures::future::BoxFuture;
use serde_json::Value;

use super::output::Output;
use crate::conversation::{ConversationId, UserId};

/// Runs a tool in the function.
pub trait ToolRunner: Send + Sync {
    /// Makes one call. Nothing happens until the future is polled; dropping it cancels the call, as far as that is possible.
    fn run(&self, call: Invocation) -> BoxFuture<'static, Result<Output, ToolError>>;
}

/// One call of a tool.
#[derive(derive_more::Debug, Clone, PartialEq)]
pub struct Invocation {
    /// The idempotency key: the same whenever this call is made again, and no other call's.
    pub key: String,
    /// The user for whom the tool acts.
    #[debug(skip)]
    pub user: UserId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The arguments, which have been checked.
    #[debug(skip)]
    pub input: Value,
}

/// A call that has no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct ToolError {
    /// What went wrong, for the model and the person. Without secrets.
    pub sentence: String,
    /// Whether the call may have acted although there is no answer: it timed out, or the connection broke.
    pub is_unknown: bool,
}

impl ToolError {
    /// A call that was refused, or has failed with an answer.
    pub fn failed(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), is_unknown: false }
    }

    /// A call that may have acted.
    pub fn unknown(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), is_unknown: true }
    }
}
