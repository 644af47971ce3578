//! An output item as servers send it when it is done, and in a whole response.

use serde_json::Value;

use crate::conversation::Source;
use crate::llm::citations::cited;
use crate::llm::content::Content;
use crate::llm::lenient::lenient;

/// What stands between two texts that are items of their own, or parts of one's reasoning.
pub const BREAK: &str = "\n\n";

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    Message,
    Reasoning,
    Call,
    /// What a tool of the provider's has done, and future kinds.
    Other,
}

impl ItemKind {
    /// The kind of an item.
    pub fn of(item: &Value) -> Self {
        match item["type"].as_str() {
            Some("message") => ItemKind::Message,
            Some("reasoning") => ItemKind::Reasoning,
            Some("function_call") => ItemKind::Call,
            // Some servers leave it out.
            None if item["role"].is_string() => ItemKind::Message,
            _ => ItemKind::Other,
        }
    }
}

/// The text of a message, refusals included.
pub fn message_text(item: &Value) -> String {
    content(&item["content"]).text
}

/// The reasoning: its summary, or else what the model thought. A summary only, or none, if the deltas have had that.
pub fn reasoning_text(item: &Value, is_summary: Option<bool>) -> String {
    let (summary, thoughts) = (texts(&item["summary"]), texts(&item["content"]));
    match is_summary {
        Some(true) => summary,
        Some(false) => thoughts,
        None if summary.is_empty() => thoughts,
        None => summary,
    }
}

/// The arguments of a call.
pub fn arguments(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => value.to_string(),
        _ => String::new(),
    }
}

/// The pages that a message cites.
pub fn citations(item: &Value) -> Vec<Source> {
    let parts = item["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    parts.iter().flat_map(|part| cited(&part["annotations"])).collect()
}

/// The pages that a search of the provider's has read.
pub fn consulted(item: &Value) -> Vec<Source> {
    cited(&item["action"]["sources"])
}

/// The texts of a list of parts, with blank lines between.
pub fn texts(parts: &Value) -> String {
    let parts = match parts {
        Value::Array(parts) => parts.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    };
    let texts = parts.iter().map(|part| content(part).all()).filter(|text| !text.is_empty());
    texts.collect::<Vec<_>>().join(BREAK)
}

fn content(value: &Value) -> Content {
    lenient(value).unwrap_or_default()
}
