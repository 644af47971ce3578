//! A delta of a tool call.

use serde_json::Value;

/// A delta of a tool call, as one event has it. Any of it may be missing.
#[derive(Default)]
pub struct CallDelta {
    /// The index of the call.
    pub index: Option<u64>,
    /// The server's id of the call.
    pub id: String,
    /// The name of the tool, or more of it.
    pub tool: String,
    /// More of the arguments, as JSON.
    pub input: String,
    /// Opaque data that the provider requires back with the call.
    pub data: Option<Value>,
    /// It starts a call, whatever came before.
    pub begins: bool,
    /// It ends the call.
    pub ends: bool,
}

impl CallDelta {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.id.is_empty() && self.tool.is_empty() && self.input.is_empty() && !self.ends
    }
}
