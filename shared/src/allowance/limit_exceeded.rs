//! The error for a limit that is reached, and what clients get to read of it.

use std::time::Duration;

use serde_json::Value;

use crate::error::{ChatError, ErrorCode};

/// A turn may not start now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitExceeded {
    /// The limit that is reached.
    pub limit: Limit,
    /// How long to wait before retrying.
    pub retry_after: Duration,
}

/// A limit that is reached, and its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// Turns started within a minute.
    MessagesPerMinute(u64),
    /// Running turns.
    ConcurrentTurns(u64),
    /// Turns started today.
    DailyMessages(u64),
    /// Tokens used today.
    DailyTokens(u64),
    /// US dollars spent today.
    DailyDollars(f64),
    /// The daily cap for all users together, whose value is not disclosed.
    DailySpendCap,
}

impl From<LimitExceeded> for ChatError {
    fn from(LimitExceeded { limit, retry_after }: LimitExceeded) -> Self {
        let (kind, most) = match limit {
            Limit::MessagesPerMinute(most) => ("messagesPerMinute", Some(most.into())),
            Limit::ConcurrentTurns(most) => ("concurrentTurns", Some(most.into())),
            Limit::DailyMessages(most) => ("dailyMessages", Some(most.into())),
            Limit::DailyTokens(most) => ("dailyTokens", Some(most.into())),
            Limit::DailyDollars(most) => ("dailyDollars", Some(most.into())),
            Limit::DailySpendCap => ("dailySpendCap", None),
        };
        let error = ChatError::new(limit.code()).with_sentence(limit.sentence()).with_retry_after(retry_after);
        let error = error.with_detail("kind", kind);
        most.into_iter().fold(error, |error, most: Value| error.with_detail("limit", most))
    }
}

impl Limit {
    fn code(self) -> ErrorCode {
        match self {
            Limit::MessagesPerMinute(_) | Limit::ConcurrentTurns(_) => ErrorCode::RateLimited,
            Limit::DailyMessages(_) | Limit::DailyTokens(_) | Limit::DailyDollars(_) | Limit::DailySpendCap => {
                ErrorCode::QuotaExceeded
            }
        }
    }

    fn sentence(self) -> String {
        const TOMORROW: &str = "The next day begins at midnight (UTC).";
        let plural = |most: u64, one: &str, many: &str| format!("{most} {}", if most == 1 { one } else { many });
        match self {
            Limit::MessagesPerMinute(most) => {
                let messages = plural(most, "message", "messages");
                format!("The limit of {messages} a minute is reached. Please wait a moment.")
            }
            Limit::ConcurrentTurns(most) => {
                let replies = plural(most, "reply", "replies");
                format!("The limit of {replies} at a time is reached. Please wait until one has ended.")
            }
            Limit::DailyMessages(most) => {
                format!("The limit of {} a day is reached. {TOMORROW}", plural(most, "message", "messages"))
            }
            Limit::DailyTokens(most) => {
                format!("The limit of {} a day is reached. {TOMORROW}", plural(most, "token", "tokens"))
            }
            Limit::DailyDollars(most) => format!("The limit of ${most:.2} a day is reached. {TOMORROW}"),
            Limit::DailySpendCap => format!("This service has reached its limit for today. {TOMORROW}"),
        }
    }
}
