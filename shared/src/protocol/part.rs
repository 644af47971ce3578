//! The parts of a message in the AI SDK's format, folded from its log.

use serde::Serialize;

use crate::conversation::Entry;

/// A part of a `UIMessage`.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Part {
    /// A model call starts. Only in replies of several calls.
    StepStart,
    /// The model's reasoning before its answer; shown separately, never sent back to a model.
    Reasoning {
        /// The reasoning so far.
        #[debug("{} bytes", text.len())]
        text: String,
    },
    /// Text of the answer, or of the user's message.
    Text {
        /// The text so far.
        #[debug("{} bytes", text.len())]
        text: String,
    },
}

/// The parts for these entries.
pub fn fold(entries: impl IntoIterator<Item = Entry>) -> Vec<Part> {
    let part = |entry| match entry {
        Entry::StepStart => Some(Part::StepStart),
        Entry::Reasoning { text } => Some(Part::Reasoning { text }),
        Entry::Text { text } => Some(Part::Text { text }),
        Entry::StepEnd { .. } => None,
    };
    entries.into_iter().filter_map(part).collect()
}
