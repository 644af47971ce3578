//! Usage limits: read before a turn starts, and settled when it has ended.

use std::sync::Arc;
use std::time::Duration;

use futures::try_join;
use tokio::time::sleep;

use super::memory_service::estimated_tokens;
use crate::allowance::{Admission, Allowance, Limit, LimitExceeded, RunId, TurnUsage, UsageLimits};
use crate::conversation::{Clock, Entry, MessageId, Price, Timestamp, Usage, UserId};
use crate::db::{AllowanceStore, StoreError};
use crate::llm::{Prompt, PromptPart};

/// How often settling a turn is tried, and the pause between: it may conflict with turns that start.
const MAX_ATTEMPTS: u32 = 5;
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// Checks users' limits, and records what they have used. Without limits it neither reads nor writes.
pub struct AllowanceService {
    /// The limits.
    pub limits: UsageLimits,
    /// Where allowances are stored.
    pub store: Arc<dyn AllowanceStore>,
    /// The clock.
    pub clock: Clock,
}

/// A snapshot of what is used when a turn is about to start.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaSnapshot {
    limits: UsageLimits,
    allowance: Allowance,
    spent_by_all: f64,
}

impl AllowanceService {
    /// Reads what a user, and all users together, have used; `None` if there are no limits. Concurrent with what else a
    /// turn reads.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn quota(&self, user: &UserId) -> Result<Option<QuotaSnapshot>, StoreError> {
        if !self.limits.exist() {
            return Ok(None);
        }
        let spent_by_all = async {
            match self.limits.daily_spend_cap {
                Some(_) => self.store.spending((self.clock)().day()).await,
                None => Ok(0.0),
            }
        };
        let (allowance, spent_by_all) = try_join!(self.store.allowance(user), spent_by_all)?;
        Ok(Some(QuotaSnapshot { limits: self.limits, allowance, spent_by_all }))
    }

    /// Records the usage of a run that has ended, once, however often and by whom it is called. Failures are only
    /// logged: an unsettled run expires after a while.
    pub async fn settle(&self, user: &UserId, run: &RunId, spent: TurnUsage) {
        if !self.limits.exist() {
            return;
        }
        if let Err(error) = self.try_to_settle(user, run, spent).await {
            tracing::warn!(run = run.as_str(), %error, "settling the usage of a turn failed");
        }
    }

    /// Records the usage of prompts of a turn that did not start. Failures are only logged.
    pub async fn charge(&self, user: &UserId, spent: TurnUsage) {
        if !self.limits.exist() || spent == TurnUsage::default() {
            return;
        }
        let day = (self.clock)().day();
        let for_all = async {
            match self.limits.daily_spend_cap.is_some() && spent.dollars > 0.0 {
                true => {
                    self.store
                        .add_spending(day, &RunId::first(&MessageId::after(None, (self.clock)())), spent.dollars)
                        .await
                }
                false => Ok(()),
            }
        };
        if let Err(error) = try_join!(self.store.charge(user, spent), for_all) {
            tracing::warn!(%error, "charging the prompts of a turn that did not start failed");
        }
    }

    async fn try_to_settle(&self, user: &UserId, run: &RunId, spent: TurnUsage) -> Result<(), StoreError> {
        let mut attempt = 1;
        let is_new = loop {
            match self.store.settle(user, run, spent).await {
                Err(StoreError::Unavailable(_)) if attempt < MAX_ATTEMPTS => sleep(RETRY_PAUSE * attempt).await,
                settled => break settled?,
            }
            attempt += 1;
        };
        // A function that dies here spends something that the cap does not see. One transaction for both would cost
        // twice as much for every turn.
        match is_new && spent.dollars > 0.0 && self.limits.daily_spend_cap.is_some() {
            true => self.store.add_spending((self.clock)().day(), run, spent.dollars).await,
            false => Ok(()),
        }
    }
}

impl QuotaSnapshot {
    /// The user's allowance with one turn more.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn admit(self, now: Timestamp, turn: &MessageId) -> Result<Admission, LimitExceeded> {
        self.check_spending_of_all(now)?;
        let after = self.allowance.admit(&self.limits, now, turn)?;
        Ok(Admission { before: self.allowance, after })
    }

    /// The user's allowance with one more run of a turn that was admitted when it began.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn go_on(self, now: Timestamp, run: RunId) -> Result<Admission, LimitExceeded> {
        self.check_spending_of_all(now)?;
        let after = self.allowance.go_on(&self.limits, now, run)?;
        Ok(Admission { before: self.allowance, after })
    }

    fn check_spending_of_all(&self, now: Timestamp) -> Result<(), LimitExceeded> {
        match self.limits.daily_spend_cap.is_some_and(|cap| self.spent_by_all >= cap) {
            true => Err(LimitExceeded { limit: Limit::DailySpendCap, retry_after: now.day().end().since(now) }),
            false => Ok(()),
        }
    }

    /// What the user may still use today.
    pub fn budget(&self, now: Timestamp) -> Budget {
        let used =
            if self.allowance.day >= now.day() { (self.allowance.tokens, self.allowance.dollars) } else { (0, 0.0) };
        Budget {
            tokens: self.limits.daily_tokens.map(|most| most.saturating_sub(used.0)),
            dollars: self.limits.daily_dollars.map(|most| (most - used.1).max(0.0)),
        }
    }

    /// The limits.
    pub fn limits(&self) -> &UsageLimits {
        &self.limits
    }

    /// Applies a run that was settled since this was read.
    pub fn settle(&mut self, run: &RunId, spent: TurnUsage) {
        self.allowance.settle(run, spent);
    }
}

/// What a user may still use today; `None` is unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    tokens: Option<u64>,
    dollars: Option<f64>,
}

impl Budget {
    /// Whether a turn that has used so much has used it up.
    pub fn is_spent(&self, used: TurnUsage) -> bool {
        self.tokens.is_some_and(|most| used.tokens >= most) || self.dollars.is_some_and(|most| used.dollars >= most)
    }
}

/// Tokens of a prompt, estimated.
pub fn tokens_of(prompt: &Prompt) -> u64 {
    let said =
        prompt.messages.iter().map(|message| estimated_tokens(message.parts.iter().map(PromptPart::bytes).sum()));
    let offered = prompt
        .tools
        .iter()
        .map(|tool| estimated_tokens(tool.name.len() + tool.description.len() + tool.schema.to_string().len()));
    u64::try_from(said.chain(offered).sum::<usize>()).unwrap_or(u64::MAX)
}

/// The prompts that were sent for a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompts {
    /// How often the model was called.
    pub calls: u32,
    /// Tokens of one prompt, estimated.
    pub tokens: u64,
}

/// The most tokens that one reply is charged, so that sums stay in range whatever a server sends.
const MAX_TOKENS: u64 = 1 << 40;

/// The usage of a reply: every prompt that was sent, and the model's output, as the model counted it, or estimated from
/// the text.
pub fn turn_usage(usage: Option<Usage>, prompts: Prompts, entries: &[Entry], price: Option<&Price>) -> TurnUsage {
    let prompt_tokens = |calls: u32| prompts.tokens.saturating_mul(calls.into());
    let usage = match usage {
        Some(usage) => Usage {
            input_tokens: usage.input_tokens.saturating_add(prompt_tokens(prompts.calls.saturating_sub(1))),
            ..usage
        },
        None => Usage {
            input_tokens: prompt_tokens(prompts.calls),
            output_tokens: tokens_of_entries(entries),
            ..Usage::default()
        },
    };
    let tokens = usage.input_tokens.saturating_add(usage.output_tokens).min(MAX_TOKENS);
    TurnUsage { tokens, dollars: price.map_or(0.0, |price| price.of(usage)) }
}

fn tokens_of_entries(entries: &[Entry]) -> u64 {
    // What the model has written: text, reasoning and calls.
    let written = entries.iter().filter(|entry| entry.grows() || matches!(entry, Entry::ToolCall { .. }));
    let tokens = written.map(|entry| estimated_tokens(entry.size())).sum::<usize>();
    u64::try_from(tokens).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Price = Price { input: 1.0, output: 2.0, cached_input: None };

    const PROMPT: Prompts = Prompts { calls: 1, tokens: 1_000 };

    #[test]
    fn a_reply_is_charged_the_models_usage() {
        let usage = Usage { input_tokens: 1_000_000, output_tokens: 500_000, ..Usage::default() };
        let taken = turn_usage(Some(usage), PROMPT, &[said("Hello")], Some(&PRICE));
        assert_eq!(taken, TurnUsage { tokens: 1_500_000, dollars: 2.0 });
    }

    #[test]
    fn an_interrupted_reply_is_charged_its_prompt_and_an_estimate_of_its_text() {
        let taken = turn_usage(None, PROMPT, &[said(&"x".repeat(4_000))], Some(&PRICE));
        assert_eq!(taken.tokens, 2_004);
        assert!(taken.dollars > 0.0029 && taken.dollars < 0.0031, "{}", taken.dollars);
    }

    #[test]
    fn an_empty_reply_is_charged_every_prompt_that_was_sent() {
        assert_eq!(turn_usage(None, PROMPT, &[], None).tokens, 1_000);
        assert_eq!(turn_usage(None, Prompts { calls: 3, ..PROMPT }, &[], None).tokens, 3_000);
        assert_eq!(turn_usage(None, Prompts { calls: 0, ..PROMPT }, &[], None), TurnUsage::default());
        let usage = Usage { input_tokens: 1_100, output_tokens: 5, ..Usage::default() };
        assert_eq!(turn_usage(Some(usage), Prompts { calls: 2, ..PROMPT }, &[], None).tokens, 2_105);
    }

    #[test]
    fn counts_that_make_no_sense_do_not_overflow() {
        let usage = Usage { input_tokens: u64::MAX, output_tokens: u64::MAX, ..Usage::default() };
        let taken = turn_usage(Some(usage), Prompts { calls: u32::MAX, tokens: u64::MAX }, &[], Some(&PRICE));
        assert_eq!(taken.tokens, MAX_TOKENS);
        assert!(taken.dollars.is_finite());
    }

    fn said(text: &str) -> Entry {
        Entry::Text { text: text.to_owned() }
    }
}
