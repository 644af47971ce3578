//! Usage limits: what a user may use, what is used, and the admission of one more turn. Pure: no clock, no I/O.

mod limit_exceeded;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::conversation::{Day, MessageId, Timestamp};

pub use limit_exceeded::{Limit, LimitExceeded};

/// A run that is unsettled for this long no longer counts as running: no function lives longer than 15 minutes. So a
/// run that nobody settles locks nobody out.
const RUNNING_WINDOW: Duration = Duration::from_secs(16 * 60);

/// How long a run may still be settled, after its turn was recovered.
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

/// A run of a turn, which is settled once: from the turn's beginning, or from where it went on after a wait, to its end or
/// its next wait.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// The first run of a turn.
    pub fn first(turn: &MessageId) -> Self {
        Self(turn.as_str().to_owned())
    }

    /// The run that began when the turn's log had this many entries.
    pub fn beginning_at(turn: &MessageId, entries: usize) -> Self {
        if entries == 0 { Self::first(turn) } else { Self(format!("{turn}+{entries}")) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a user has used. Days are in UTC.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Allowance {
    /// How often a run was admitted; 0 if never. The end of a run does not change it.
    pub version: u64,
    /// The day of the sums.
    pub day: Day,
    /// Turns started on that day.
    pub messages: u64,
    /// Tokens of the runs that were settled on that day.
    pub tokens: u64,
    /// What these runs cost, in US dollars.
    pub dollars: f64,
    /// The theoretical arrival time of the generic cell rate algorithm (GCRA): when the whole burst is available again.
    pub theoretical_arrival: Timestamp,
    /// The runs that are not settled yet, and when they started.
    pub unsettled: BTreeMap<RunId, Timestamp>,
}

/// A user's allowance before and after admitting a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    /// As it was read.
    pub before: Allowance,
    /// As it is to be written.
    pub after: Allowance,
}

/// The usage of a run, or of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TurnUsage {
    /// Tokens of its prompts and of what the model wrote.
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
        if let Some(most) = limits.daily_messages.filter(|most| today.messages >= *most) {
            let retry_after = today.day.end().since(now);
            return Err(LimitExceeded { limit: Limit::DailyMessages(most), retry_after });
        }
        today.check_usage(limits, now)?;
        let theoretical_arrival = match limits.messages_per_minute {
            None => self.theoretical_arrival,
            Some(most) => arrival_after_one(self.theoretical_arrival, most, now)
                .map_err(|retry_after| LimitExceeded { limit: Limit::MessagesPerMinute(most), retry_after })?,
        };
        self.check_concurrency(limits, now)?;
        let messages = today.messages.saturating_add(1);
        Ok(Self { messages, theoretical_arrival, ..today.with_run(RunId::first(turn), now) })
    }

    /// The allowance with one more run of a turn, which was counted as a message when it began.
    ///
    /// # Errors
    /// The limit that is reached; if there are several, the one that lasts longest.
    pub fn go_on(&self, limits: &UsageLimits, now: Timestamp, run: RunId) -> Result<Self, LimitExceeded> {
        let today = self.on(now.day());
        today.check_usage(limits, now)?;
        self.check_concurrency(limits, now)?;
        Ok(today.with_run(run, now))
    }

    /// Settles a run that has ended, with its usage. Returns whether it was not settled before: it is counted once.
    pub fn settle(&mut self, run: &RunId, spent: TurnUsage) -> bool {
        let is_new = self.unsettled.remove(run).is_some();
        if is_new {
            self.tokens = self.tokens.saturating_add(spent.tokens);
            self.dollars += spent.dollars;
        }
        is_new
    }

    // Whether there is something left of the day's tokens and dollars.
    fn check_usage(&self, limits: &UsageLimits, now: Timestamp) -> Result<(), LimitExceeded> {
        let exceeded = |limit| Err(LimitExceeded { limit, retry_after: self.day.end().since(now) });
        if let Some(most) = limits.daily_tokens.filter(|most| self.tokens >= *most) {
            return exceeded(Limit::DailyTokens(most));
        }
        if let Some(most) = limits.daily_dollars.filter(|most| self.dollars >= *most) {
            return exceeded(Limit::DailyDollars(most));
        }
        Ok(())
    }

    fn check_concurrency(&self, limits: &UsageLimits, now: Timestamp) -> Result<(), LimitExceeded> {
        match limits.concurrent_turns.filter(|most| self.running(now) >= *most) {
            None => Ok(()),
            Some(most) => {
                Err(LimitExceeded { limit: Limit::ConcurrentTurns(most), retry_after: CONCURRENCY_RETRY_AFTER })
            }
        }
    }

    fn with_run(self, run: RunId, now: Timestamp) -> Self {
        let remembered = self.unsettled.into_iter().filter(|(_, begun)| *begun + SETTLEMENT_WINDOW > now);
        let unsettled = remembered.chain([(run, now)]).collect();
        Self { version: self.version.saturating_add(1), unsettled, ..self }
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
