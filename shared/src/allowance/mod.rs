//! Usage limits: what a user may use, what is used, and the admission of one more turn. Pure: no clock, no I/O.

mod limit_exceeded;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::conversation::{Day, MessageId, Timestamp};

pub use limit_exceeded::{Limit, LimitExceeded};

/// A turn that is unsettled for this long no longer counts as running: no function lives longer than 15 minutes. So a
/// turn that nobody settles locks nobody out.
const RUNNING_WINDOW: Duration = Duration::from_secs(16 * 60);

/// How long a turn may still be settled, after it was recovered.
const SETTLEMENT_WINDOW: Duration = Duration::from_secs(60 * 60);

/// When to retry while too many turns run.
const CONCURRENCY_RETRY_AFTER: Duration = Duration::from_secs(3);

/// The limits; `None` means unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct UsageLimits {
    /// Turns that a user may start per minute, also in a burst.
    pub messages_per_minute: Option<u64>,
    /// Turns of a user that may run at the same time.
    pub concurrent_turns: Option<u64>,
    /// Turns that a user may start per day.
    pub daily_messages: Option<u64>,
    /// Tokens of prompts and replies that a user may use per day.
    pub daily_tokens: Option<u64>,
    /// US dollars that a user's replies may cost per day.
    pub daily_dollars: Option<f64>,
    /// US dollars that the replies of all users together may cost per day.
    pub daily_spend_cap: Option<f64>,
}

impl UsageLimits {
    /// Whether there are any.
    pub fn exist(&self) -> bool {
        *self != Self::default()
    }
}

/// What a user has used. Days are in UTC.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Allowance {
    /// How often a turn was admitted; 0 if never. The end of a turn does not change it.
    pub version: u64,
    /// The day of the sums.
    pub day: Day,
    /// Turns started on that day.
    pub messages: u64,
    /// Tokens of the turns that were settled on that day.
    pub tokens: u64,
    /// What these turns cost, in US dollars.
    pub dollars: f64,
    /// The theoretical arrival time of the generic cell rate algorithm (GCRA): when the whole burst is available again.
    pub theoretical_arrival: Timestamp,
    /// The turns that are not settled yet, and when they started.
    pub unsettled: BTreeMap<MessageId, Timestamp>,
}

/// A user's allowance before and after admitting a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    /// As it was read.
    pub before: Allowance,
    /// As it is to be written.
    pub after: Allowance,
}

/// The usage of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TurnUsage {
    /// Tokens of its prompt and its reply.
    pub tokens: u64,
    /// Their cost in US dollars, as far as it is known.
    pub dollars: f64,
}

impl TurnUsage {
    /// The sum of both.
    pub fn and(self, other: TurnUsage) -> Self {
        Self { tokens: self.tokens.saturating_add(other.tokens), dollars: self.dollars + other.dollars }
    }
}

impl Admission {
    /// Whether a concurrent turn may be rejected because of this one. Then the model is called only once this turn is
    /// stored.
    pub fn is_near_usage_limit(&self, limits: &UsageLimits, now: Timestamp, turn: &MessageId) -> bool {
        self.before.running(now) > 0 || self.after.admit(limits, now, turn).is_err()
    }
}

impl Allowance {
    /// The allowance with one turn more.
    ///
    /// # Errors
    /// The limit that is reached; if there are several, the one that lasts longest.
    pub fn admit(&self, limits: &UsageLimits, now: Timestamp, turn: &MessageId) -> Result<Self, LimitExceeded> {
        let today = self.on(now.day());
        let until_tomorrow = today.day.end().since(now);
        let exceeded = |limit, retry_after| LimitExceeded { limit, retry_after };
        if let Some(most) = limits.daily_messages.filter(|most| today.messages >= *most) {
            return Err(exceeded(Limit::DailyMessages(most), until_tomorrow));
        }
        if let Some(most) = limits.daily_tokens.filter(|most| today.tokens >= *most) {
            return Err(exceeded(Limit::DailyTokens(most), until_tomorrow));
        }
        if let Some(most) = limits.daily_dollars.filter(|most| today.dollars >= *most) {
            return Err(exceeded(Limit::DailyDollars(most), until_tomorrow));
        }
        let theoretical_arrival = match limits.messages_per_minute {
            None => self.theoretical_arrival,
            Some(most) => arrival_after_one(self.theoretical_arrival, most, now)
                .map_err(|pause| exceeded(Limit::MessagesPerMinute(most), pause))?,
        };
        if let Some(most) = limits.concurrent_turns.filter(|most| self.running(now) >= *most) {
            return Err(exceeded(Limit::ConcurrentTurns(most), CONCURRENCY_RETRY_AFTER));
        }
        let remembered = today.unsettled.into_iter().filter(|(_, begun)| *begun + SETTLEMENT_WINDOW > now);
        Ok(Self {
            version: self.version.saturating_add(1),
            messages: today.messages.saturating_add(1),
            theoretical_arrival,
            unsettled: remembered.chain([(turn.clone(), now)]).collect(),
            ..today
        })
    }

    /// Settles a turn that has ended, with its usage. Returns whether it was not settled before: it is counted once.
    pub fn settle(&mut self, turn: &MessageId, spent: TurnUsage) -> bool {
        let is_new = self.unsettled.remove(turn).is_some();
        if is_new {
            self.tokens = self.tokens.saturating_add(spent.tokens);
            self.dollars += spent.dollars;
        }
        is_new
    }

    // The clocks of functions may disagree at midnight: a day that has begun does not go back.
    fn on(&self, day: Day) -> Self {
        match day > self.day {
            true => Self { day, messages: 0, tokens: 0, dollars: 0.0, ..self.clone() },
            false => self.clone(),
        }
    }

    fn running(&self, now: Timestamp) -> u64 {
        self.unsettled.values().map(|begun| u64::from(*begun + RUNNING_WINDOW > now)).sum()
    }
}

// The theoretical arrival time after one more message, or how long to wait until one is allowed.
fn arrival_after_one(theoretical_arrival: Timestamp, most: u64, now: Timestamp) -> Result<Timestamp, Duration> {
    let share = Duration::from_millis((60_000 / most).max(1));
    let theoretical_arrival = theoretical_arrival.max(now) + share;
    let missing =
        theoretical_arrival.since(now).saturating_sub(share.saturating_mul(u32::try_from(most).unwrap_or(u32::MAX)));
    match missing {
        Duration::ZERO => Ok(theoretical_arrival),
        pause => Err(pause),
    }
}

#[cfg(test)]
mod tests;
