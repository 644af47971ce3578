//! The trait of a store from which a user can be erased.

use async_trait::async_trait;

use super::error::StoreError;
use crate::conversation::UserId;

/// Finds and erases everything that is stored of a user, except tickets: they cannot be found by their user, and expire within a minute.
#[async_trait]
pub trait UserErasure: Send + Sync {
    /// Counts what is stored of a user.
    async fn footprint(&self, user: &UserId) -> Result<Footprint, StoreError>;

    /// Erases all of it, and returns how much it was. Idempotent: repeat it after an error. A user who is still signed in may write
    /// again.
    async fn erase_user(&self, user: &UserId) -> Result<Footprint, StoreError>;
}

/// How many items are stored of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Conversations, tombstones included.
    pub conversations: usize,
    /// Items of conversations: messages, records of sent messages, segments and branches.
    pub messages: usize,
    /// Connections, requests, parts of texts, and allowances.
    pub others: usize,
}
