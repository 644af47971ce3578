//! What a million turns cost, by the length of their replies.

use std::fmt;
use std::time::Duration;

use natter_local::prices;
use natter_tests::MESSAGE_FUNCTION;
use serde_json::{Value, json};

use crate::turn::Turn;

/// The memory with which costs are stated, in MB: the least that Lambda gives.
pub const MEMORY: f64 = 128.0;

/// A million turns.
pub const MILLION: f64 = 1e6;

/// The price of a gigabyte of logs that CloudWatch takes in, in dollars (aws.amazon.com/cloudwatch/pricing, November 2026).
const LOG_GIGABYTE: f64 = 0.50;

/// What the platform writes for each invocation: START, END and REPORT, or one JSON record in their place.
const PLATFORM_LOG_BYTES: f64 = 500.0;

/// The heads of what a cost is shown as: its parts in dollars, and what they are for.
pub const HEADS: &str =
    "messages | function | writes | reads | logs | frames | database calls | write units | read units |";

/// What a million turns of one length cost, in dollars.
pub struct Cost {
    /// Tokens of each reply.
    pub tokens: usize,
    /// Messages from and to the client.
    pub messages: f64,
    /// The function.
    pub function: f64,
    /// Reads.
    pub reads: f64,
    /// Writes.
    pub writes: f64,
    /// Logs.
    pub logs: f64,
    /// What a turn did: frames to the client, calls of the database, units read and written.
    pub counts: [f64; 4],
}

impl Cost {
    /// What a million turns like this one cost.
    pub fn of(tokens: usize, turn: &Turn) -> Self {
        let usage = &turn.usage;
        let function = usage.functions.get(MESSAGE_FUNCTION).cloned().unwrap_or_default();
        Self {
            tokens,
            messages: (usage.messages_in + usage.messages_out) as f64 * prices::MESSAGE * MILLION,
            function: function_dollars(Duration::from_millis(function.billed_millis), function.requests),
            reads: usage.read_units() * prices::READ_UNIT * MILLION,
            writes: usage.write_units() * prices::WRITE_UNIT * MILLION,
            logs: (turn.log_bytes as f64 + PLATFORM_LOG_BYTES * function.requests as f64) / 1e9
                * LOG_GIGABYTE
                * MILLION,
            counts: [usage.messages_out as f64, usage.database_calls() as f64, usage.read_units(), usage.write_units()],
        }
    }

    /// All of it.
    pub fn total(&self) -> f64 {
        self.messages + self.function + self.reads + self.writes + self.logs
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let [posts, calls, read_units, write_units] = self.counts;
        json!({
            "tokens": self.tokens, "dollarsPerMillionTurns": self.total(), "messages": self.messages, "function": self.function,
            "reads": self.reads, "writes": self.writes, "logs": self.logs,
            "posts": posts, "databaseCalls": calls, "readUnits": read_units, "writeUnits": write_units,
        })
    }
}

/// The cells below [`HEADS`].
impl fmt::Display for Cost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, function, writes, reads, logs, counts, .. } = self;
        let [frames, calls, read_units, write_units] = counts;
        write!(
            formatter,
            "${messages:.2} | ${function:.2} | ${writes:.2} | ${reads:.2} | ${logs:.2} | {frames} | {calls} | {write_units} | {read_units} |"
        )
    }
}

/// The on-demand cost of the function for a million turns with this billed duration and these invocations each, in dollars.
pub fn function_dollars(billed: Duration, requests: u64) -> f64 {
    let gigabyte_seconds = billed.as_secs_f64() * MEMORY / 1024.0;
    (gigabyte_seconds * prices::GIGABYTE_SECOND + requests as f64 * prices::FUNCTION_REQUEST) * MILLION
}
