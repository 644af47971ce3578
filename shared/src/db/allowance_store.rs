//! The trait of a store of users' allowances.

use async_trait::async_trait;

use super::error::StoreError;
use crate::allowance::{Allowance, RunId, TurnUsage};
use crate::conversation::{Day, UserId};

/// Stores what users have used. A run is added when it starts, by [`super::TurnStore::begin_turn`] or
/// [`super::TurnStore::answer`].
#[async_trait]
pub trait AllowanceStore: Send + Sync {
    /// The allowance of a user.
    async fn allowance(&self, user: &UserId) -> Result<Allowance, StoreError>;

    /// Settles a run that has ended, with its usage. Returns whether it was not settled before: it is counted once.
    async fn settle(&self, user: &UserId, run: &RunId, spent: TurnUsage) -> Result<bool, StoreError>;

    /// Adds the usage of prompts of a turn that did not start. Does nothing for a user without an allowance item.
    async fn charge(&self, user: &UserId, spent: TurnUsage) -> Result<(), StoreError>;

    /// US dollars that all users together have spent on a day. May lack the last second.
    async fn spending(&self, day: Day) -> Result<f64, StoreError>;

    /// Adds the cost of a run in US dollars to the spending of a day.
    async fn add_spending(&self, day: Day, run: &RunId, dollars: f64) -> Result<(), StoreError>;
}
