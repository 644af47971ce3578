//! How much a user may do, how much of it is used, and the decision about one turn more. Pure: no clock, no I/O.

mod limit_exceeded;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::conversation::{Day, MessageId, Timestamp};

pub use limit_exceeded::{Limit, LimitExceeded};

/// A turn that was not settled for so long is no longer taken to run: no function lives longer than 15 minutes. So a turn
/// that nobody settles locks nobody out.
const MAX_TURN_TIME: Duration = Duration::from_secs(16 * 60);

/// Until then it may still be settled, by whoever has recovered it.
const SETTLEMENT_WINDOW: Duration = Duration::from_secs(60 * 60);

/// When it is worth asking again while too many turns run.
const CONCURRENCY_RETRY_AFTER: Duration = Duration::from_secs(3);

/// The limits; `None` means unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct UsageLimits {
    /// Turns that a user may begin a minute. So many may come at once.
    pub messages_per_minute: Option<u64>,
    /// Turns of a user that may run at the same time.
    pub concurrent_turns: Option<u64>,
    /// Turns that a user may begin a day.
    pub daily_messages: Option<u64>,
    /// Tokens of prompts and replies that a user may take a day.
    pub daily_tokens: Option<u64>,
    /// US dollars that a user's replies may cost a day.
    pub daily_dollars: Option<f64>,
    /// US dollars that the replies of all users together may cost a day.
    pub daily_spend_cap: Option<f64>,
}

impl UsageLimits {
    /// Whether there is any.
    pub fn exist(&self) -> bool {
        *self != Self::default()
    }
}

/// What a user has used. Days are those of UTC.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Allowance {
    /// How often a turn was admitted; 0 if never. A turn that ends leaves it as it is.
    pub version: u64,
    /// The day that the sums are of.
    pub day: Day,
    /// Turns begun on that day.
    pub messages: u64,
    /// Tokens of the turns that were settled on that day.
    pub tokens: u64,
    /// What these turns cost, in US dollars.
    pub dollars: f64,
    /// When all messages of a minute may be sent at once again. Each takes its share of a minute to come back, so this one
    /// moment tells how many are left (the generic cell rate algorithm).
    pub theoretical_arrival: Timestamp,
    /// The turns that are not settled yet, and when they began.
    pub unsettled: BTreeMap<MessageId, Timestamp>,
}

/// A user's allowance before a turn and with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    /// As it was read.
    pub before: Allowance,
    /// As it is to be written.
    pub after: Allowance,
}

/// What a turn took.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TurnUsage {
    /// Tokens of its prompt and its reply.
    pub tokens: u64,
    /// What they cost, in US dollars, as far as that is known.
    pub dollars: f64,
}

impl TurnUsage {
    /// Both together.
    pub fn and(self, other: TurnUsage) -> Self {
        Self { tokens: self.tokens.saturating_add(other.tokens), dollars: self.dollars + other.dollars }
    }
}

impl Admission {
    /// Whether another turn that begins at the same moment may be refused because of this one. Then the model is asked only
    /// when this turn is stored.
    pub fn is_near_limit(&self, limits: &UsageLimits, now: Timestamp, turn: &MessageId) -> bool {
        self.before.running(now) > 0 || self.after.admit(limits, now, turn).is_err()
    }
}

impl Allowance {
    /// The allowance with one turn more.
    ///
    /// # Errors
    /// The limit that is reached, of several the one that lasts longest.
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

    /// A turn has ended and took so much. Returns whether it was not settled before: it is counted once.
    pub fn settle(&mut self, turn: &MessageId, spent: TurnUsage) -> bool {
        let is_new = self.unsettled.remove(turn).is_some();
        if is_new {
            self.tokens = self.tokens.saturating_add(spent.tokens);
            self.dollars += spent.dollars;
        }
        is_new
    }

    // The clocks of functions may disagree at midnight: a day that has begun does not end again.
    fn on(&self, day: Day) -> Self {
        match day > self.day {
            true => Self { day, messages: 0, tokens: 0, dollars: 0.0, ..self.clone() },
            false => self.clone(),
        }
    }

    fn running(&self, now: Timestamp) -> u64 {
        self.unsettled.values().map(|begun| u64::from(*begun + MAX_TURN_TIME > now)).sum()
    }
}

// When everything will have come back after one message more, or how long to wait until one has.
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
