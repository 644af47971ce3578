//! A piece of a call, as one event has it.

use serde_json::Value;

/// A piece of a call. Any of it may be missing.
#[derive(Default)]
pub struct CallPiece {
    /// The place of the call among the others.
    pub index: Option<u64>,
    /// The server's id of it.
    pub id: String,
    /// The name of the tool, or more of it.
    pub tool: String,
    /// More of the arguments, as JSON.
    pub input: String,
    /// What the provider wants back with the call, unread.
    pub data: Option<Value>,
    /// It certainly begins a call.
    pub begins: bool,
    /// It certainly is the last of a call.
    pub ends: bool,
}

impl CallPiece {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.id.is_empty() && self.tool.is_empty() && self.input.is_empty() && !self.ends
    }
}
