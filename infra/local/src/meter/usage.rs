//! Usage in the units in which AWS charges.

use std::collections::BTreeMap;

use serde::Serialize;

/// Usage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Messages from clients, in steps of 32 KB.
    pub messages_in: u64,
    /// Messages to clients, in steps of 32 KB.
    pub messages_out: u64,
    /// Minutes that connections were open, each one rounded up; open ones included.
    pub connection_minutes: u64,
    /// By logical id.
    pub functions: BTreeMap<String, FunctionUsage>,
    /// Usage of the database, by operation.
    pub database: BTreeMap<String, DatabaseUsage>,
    /// Requests to the stack's model.
    pub model_calls: u64,
    /// Invocations that called the stack's model.
    pub model_turns: u64,
}

/// Usage of one function.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionUsage {
    /// Invocations that have ended.
    pub requests: u64,
    /// Their time with init, each in whole milliseconds.
    pub billed_millis: u64,
    /// The same times the function's memory in MB: exact where gigabyte-seconds are not.
    #[serde(skip)]
    pub(super) megabyte_millis: u64,
}

/// Usage of one database operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseUsage {
    /// How often it was asked for.
    pub calls: u64,
    /// Read units.
    pub read_units: f64,
    /// Write units.
    pub write_units: f64,
}

/// How turns are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Turn {
    /// An invocation that called the stack's model.
    ModelInvocation,
    /// A message from a client, if the stack's model was never called.
    ClientMessage,
}

impl Usage {
    /// How many turns there were, and how they are counted.
    pub fn turns(&self) -> (u64, Turn) {
        match self.model_turns {
            0 => (self.messages_in, Turn::ClientMessage),
            turns => (turns, Turn::ModelInvocation),
        }
    }

    /// Calls of the database.
    pub fn database_calls(&self) -> u64 {
        self.database.values().map(|usage| usage.calls).sum()
    }

    /// Read units of all operations.
    pub fn read_units(&self) -> f64 {
        self.database.values().map(|usage| usage.read_units).sum()
    }

    /// Write units of all operations.
    pub fn write_units(&self) -> f64 {
        self.database.values().map(|usage| usage.write_units).sum()
    }
}

impl FunctionUsage {
    /// Its memory times its time.
    pub fn gigabyte_seconds(&self) -> f64 {
        self.megabyte_millis as f64 / 1024.0 / 1000.0
    }
}
