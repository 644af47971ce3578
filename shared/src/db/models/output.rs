//! A part of a tool's output, as it is stored.

use serde::{Deserialize, Serialize};

use super::super::output_store::OutputPart;
use super::key::Key;
use crate::conversation::CallId;
use crate::turn::TurnKey;

/// A part of a tool's output.
#[derive(Serialize, Deserialize)]
pub struct OutputItem {
    #[serde(flatten)]
    key: Key,
    text: String,
    #[serde(default, skip_serializing_if = "crate::serde_default::is_default")]
    goes_on: bool,
}

impl OutputItem {
    /// The item of a part with this number, zero-based.
    pub fn new(turn: &TurnKey, call: &CallId, number: usize, part: OutputPart) -> Self {
        Self { key: Key::output(turn, call, number), text: part.text, goes_on: part.goes_on }
    }

    /// The part.
    pub fn into_part(self) -> OutputPart {
        OutputPart { text: self.text, goes_on: self.goes_on }
    }
}
