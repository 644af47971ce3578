//! The trait of a store of what users have used.

use async_trait::async_trait;

use super::error::StoreError;
use crate::allowance::{Allowance, TurnUsage};
use crate::conversation::{Day, MessageId, UserId};
use crate::turn::TurnKey;

/// Keeps what users have used. A turn is added to it where it begins, by [`super::Store::begin_turn`].
#[async_trait]
pub trait AllowanceStore: Send + Sync {
    /// What a user has used.
    async fn allowance(&self, user: &UserId) -> Result<Allowance, StoreError>;

    /// A turn has ended and took so much. Returns whether it was not settled before: it is counted once.
    async fn settle(&self, turn: &TurnKey, spent: TurnUsage) -> Result<bool, StoreError>;

    /// Adds what was spent on prompts of a turn that did not begin. A user of whom nothing is stored yet is skipped.
    async fn charge(&self, user: &UserId, spent: TurnUsage) -> Result<(), StoreError>;

    /// US dollars that all users together have spent on a day. May lack what was added in the last second.
    async fn spending(&self, day: Day) -> Result<f64, StoreError>;

    /// Adds US dollars that a turn cost to what is spent on a day.
    async fn add_spending(&self, day: Day, turn: &MessageId, dollars: f64) -> Result<(), StoreError>;
}
