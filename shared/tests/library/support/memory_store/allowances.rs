//! Allowances.

use async_trait::async_trait;
use natter::allowance::{Admission, Allowance, RunId, TurnUsage};
use natter::conversation::{Day, UserId};
use natter::db::{AllowanceStore, StoreError};

use super::{MemoryStore, State};

#[async_trait]
impl AllowanceStore for MemoryStore {
    async fn allowance(&self, user: &UserId) -> Result<Allowance, StoreError> {
        Ok(self.lock().allowances.get(user).cloned().unwrap_or_default())
    }

    async fn settle(&self, user: &UserId, run: &RunId, spent: TurnUsage) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let allowance = state.allowances.get_mut(user);
        let is_new = allowance.is_some_and(|allowance| allowance.settle(run, spent));
        if is_new {
            *state.settled.entry(run.clone()).or_default() += 1;
        }
        Ok(is_new)
    }

    async fn charge(&self, user: &UserId, spent: TurnUsage) -> Result<(), StoreError> {
        if let Some(allowance) = self.lock().allowances.get_mut(user) {
            allowance.tokens = allowance.tokens.saturating_add(spent.tokens);
            allowance.dollars += spent.dollars;
        }
        Ok(())
    }

    async fn spending(&self, day: Day) -> Result<f64, StoreError> {
        Ok(self.lock().spending.get(&day).copied().unwrap_or_default())
    }

    async fn add_spending(&self, day: Day, _: &RunId, dollars: f64) -> Result<(), StoreError> {
        *self.lock().spending.entry(day).or_default() += dollars;
        Ok(())
    }
}

impl State {
    // Writes what an admission changes and leaves alone what the ends of turns have changed since it was read.
    pub(super) fn admit(&mut self, user: &UserId, Admission { before, after }: &Admission) -> Result<(), StoreError> {
        let stored = self.allowances.entry(user.clone()).or_default();
        if stored.version != before.version {
            return Err(StoreError::AllowanceConflict);
        }
        let is_kept = |run: &RunId| !before.unsettled.contains_key(run) || after.unsettled.contains_key(run);
        let begun = after.unsettled.iter().filter(|(run, _)| !before.unsettled.contains_key(run));
        let mut unsettled = std::mem::take(&mut stored.unsettled);
        unsettled.retain(|run, _| is_kept(run));
        unsettled.extend(begun.map(|(run, since)| (run.clone(), *since)));
        let (tokens, dollars) = match after.day == before.day {
            true => (stored.tokens, stored.dollars),
            false => (0, 0.0),
        };
        *stored = Allowance { tokens, dollars, unsettled, ..after.clone() };
        Ok(())
    }
}
