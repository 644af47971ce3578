//! The parts of a message in the AI SDK's format, folded from its log.

use serde::Serialize;

use super::tool_part::ToolPart;
use crate::conversation::{Entry, Source};

/// A part of a `UIMessage`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(untagged)]
pub enum Part {
    /// A part of what the model, or the user, wrote.
    Written(WrittenPart),
    /// A call of a tool.
    Tool(ToolPart),
}

/// A part of what the model, or the user, wrote.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum WrittenPart {
    /// A model call starts. Only in replies of agents with tools.
    StepStart,
    /// The model's reasoning before its answer; shown separately.
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
    /// A web page that the answer cites. Each page once in a message.
    SourceUrl {
        /// The page's address, which identifies it in the message.
        #[debug("{} bytes", source_id.len())]
        source_id: String,
        /// The page's address: `http` or `https`.
        #[debug("{} bytes", url.len())]
        url: String,
        /// The page's title.
        #[debug("{:?} bytes", title.as_ref().map(String::len))]
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        title: Option<String>,
    },
}

impl From<&Source> for WrittenPart {
    fn from(source: &Source) -> Self {
        let url = source.url().to_owned();
        WrittenPart::SourceUrl { source_id: url.clone(), url, title: source.title().map(str::to_owned) }
    }
}

/// The parts for these entries of a message. `has_ended` if nothing is added to it any more: a call without an outcome
/// was broken off.
pub fn fold(entries: impl IntoIterator<Item = Entry>, has_ended: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    for entry in entries {
        match entry {
            Entry::StepStart => parts.push(Part::Written(WrittenPart::StepStart)),
            Entry::Reasoning { text } => parts.push(Part::Written(WrittenPart::Reasoning { text })),
            Entry::Text { text } => parts.push(Part::Written(WrittenPart::Text { text })),
            Entry::Source { source } => parts.push(Part::Written(WrittenPart::from(&source))),
            Entry::StepEnd { .. } | Entry::ProviderData { .. } => {}
            entry => add_to_calls(&mut parts, entry),
        }
    }
    if has_ended {
        parts.iter_mut().filter_map(Part::as_tool).for_each(ToolPart::break_off);
    }
    parts
}

fn add_to_calls(parts: &mut Vec<Part>, entry: Entry) {
    let Some(of_entry) = ToolPart::beginning_with(&entry) else { return };
    let mut calls = parts.iter_mut().rev().filter_map(Part::as_tool);
    match calls.find(|call| call.tool_call_id == of_entry.tool_call_id) {
        Some(call) => call.add(entry),
        None => {
            let mut call = of_entry;
            call.add(entry);
            parts.push(Part::Tool(call));
        }
    }
}

impl Part {
    fn as_tool(&mut self) -> Option<&mut ToolPart> {
        match self {
            Part::Tool(call) => Some(call),
            Part::Written(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
