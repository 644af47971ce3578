//! The status of a reply.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A function is writing it.
    Streaming,
    /// It waits for the user: for approvals, or outputs of tools that the client executes.
    Waiting,
    /// The model finished.
    Complete,
    /// The user stopped it.
    Stopped,
    /// The model failed.
    Failed,
    /// The function or the connection to the model broke off.
    Interrupted,
}

impl Status {
    /// Whether nothing is added to the reply any more.
    pub fn has_ended(self) -> bool {
        !matches!(self, Status::Streaming | Status::Waiting)
    }
}

/// The name in the store.
impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}
