//! The errors of a store.

/// Why a store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The request was accepted before.
    #[error("the request was accepted before")]
    Duplicate,
    /// What was read has changed since; read again and decide again.
    #[error("the conversation has moved on since it was read")]
    Stale,
    /// The message was stored before, with another request.
    #[error("the message was stored before")]
    Repeated,
    /// The user started another turn, elsewhere; read again and decide again.
    #[error("the user's allowance has changed since it was read")]
    AllowanceConflict,
    /// The lease is held by another owner, or the turn has ended.
    #[error("the turn's lease is held by another owner, or the turn has ended")]
    LeaseLost,
    /// The store is unreachable, or rejects the call.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A stored item cannot be read. The message names the field, never the value.
    #[error("a stored item cannot be read: {0}")]
    Unreadable(String),
}
