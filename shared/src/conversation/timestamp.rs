//! Points in time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(as = "u64"))]
#[serde(transparent)]
pub struct Timestamp(pub u64);

/// A UTC day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub u64);

const MILLIS_PER_DAY: u64 = 24 * 60 * 60 * 1000;

/// Returns the time: [`Timestamp::now`], or a test's own.
pub type Clock = fn() -> Timestamp;

impl Timestamp {
    /// The time on this machine's clock.
    pub fn now() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(millis(since_1970))
    }

    /// This many seconds since 1970.
    pub fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Whole seconds since 1970, as DynamoDB's TTL and tokens count.
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// The day that it is.
    pub fn day(self) -> Day {
        Day(self.0 / MILLIS_PER_DAY)
    }

    /// The time since an earlier point; zero since a later one.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Day {
    /// When the next day begins.
    pub fn end(self) -> Timestamp {
        Timestamp((self.0 + 1) * MILLIS_PER_DAY)
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }
}

/// A duration in whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
