//! What runs a tool in the function.

use futures::future::BoxFuture;
use serde_json::Value;

use super::output::Output;
use super::tool_error::ToolError;
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
