//! What a million turns cost, by the length of their replies.

use natter_local::prices;
use natter_tests::MESSAGE_FUNCTION;
use serde_json::{Value, json};

use crate::turn::Turn;

/// The memory with which costs are stated, in MB: the least that Lambda gives.
pub const MEMORY: f64 = 128.0;

/// A million turns.
const MILLION: f64 = 1e6;

/// The price of a gigabyte of logs that CloudWatch takes in, in dollars (aws.amazon.com/cloudwatch/pricing, November 2026).
const LOG_GIGABYTE: f64 = 0.50;

/// What the platform writes for each invocation: START, END and REPORT, or one JSON record in their place.
const PLATFORM_LOG_BYTES: f64 = 500.0;

/// Costs by length.
#[derive(Default)]
pub struct Costs(pub Vec<Cost>);

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

impl Costs {
    /// Adds what a turn of this length used.
    pub fn add(&mut self, tokens: usize, turn: &Turn) {
        self.0.push(Cost::of(tokens, turn));
    }
}

impl Cost {
    /// What a million turns like this one cost.
    pub fn of(tokens: usize, turn: &Turn) -> Self {
        let usage = &turn.usage;
        let function = usage.functions.get(MESSAGE_FUNCTION).cloned().unwrap_or_default();
        let gigabyte_seconds = function.billed_millis as f64 / 1000.0 * MEMORY / 1024.0;
        let calls: u64 = usage.database.values().map(|operation| operation.calls).sum();
        Self {
            tokens,
            messages: (usage.messages_in + usage.messages_out) as f64 * prices::MESSAGE * MILLION,
            function: (gigabyte_seconds * prices::GIGABYTE_SECOND
                + function.requests as f64 * prices::FUNCTION_REQUEST)
                * MILLION,
            reads: usage.read_units() * prices::READ_UNIT * MILLION,
            writes: usage.write_units() * prices::WRITE_UNIT * MILLION,
            logs: (turn.log_bytes as f64 + PLATFORM_LOG_BYTES * function.requests as f64) / 1e9
                * LOG_GIGABYTE
                * MILLION,
            counts: [usage.messages_out as f64, calls as f64, usage.read_units(), usage.write_units()],
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
