//! Reasoning that goes back to the server that sent it, in the field in which it came: some servers refuse a call whose
//! reasoning is missing, others every field that they do not know.

use serde_json::{Map, Value, json};

use crate::llm::PromptPart;

/// The fields of a message that have reasoning as text.
pub const FIELDS: [&str; 2] = ["reasoning_content", "reasoning"];

/// The field of a message with reasoning in pieces, which OpenRouter demands unchanged where a provider signs or hides
/// it.
const DETAILS: &str = "reasoning_details";

/// The most of such pieces that are kept, in bytes of JSON.
const MAX_DETAILS_BYTES: usize = 64 * 1024;

/// Remembers how the reasoning of a reply came.
#[derive(Default)]
pub struct ReturnedReasoning {
    field: Option<&'static str>,
    details: Vec<Value>,
    bytes: usize,
}

impl ReturnedReasoning {
    /// Reasoning came in this field.
    pub fn came_in(&mut self, field: &'static str) {
        self.field = self.field.or(Some(field));
    }

    /// Takes more pieces, if it is a list. A piece that goes on with the last one is added to it.
    pub fn add(&mut self, details: Value) {
        self.bytes = self.bytes.saturating_add(details.to_string().len());
        let Value::Array(pieces) = details else { return };
        if self.bytes > MAX_DETAILS_BYTES {
            return self.details.clear();
        }
        for piece in pieces {
            let Value::Object(piece) = piece else { continue };
            match self.details.last_mut() {
                Some(Value::Object(last)) if goes_on(last, &piece) => join(last, piece),
                _ => self.details.push(Value::Object(piece)),
            }
        }
    }

    /// What is to be kept of it so that it can be returned.
    pub fn take(&mut self) -> Option<Value> {
        let Self { field, details, .. } = std::mem::take(self);
        match details.is_empty() {
            true => field.map(|field| json!({ "field": field })),
            false => Some(json!({ DETAILS: details })),
        }
    }
}

fn goes_on(last: &Map<String, Value>, piece: &Map<String, Value>) -> bool {
    let is_text = piece.get("type").and_then(Value::as_str).is_some_and(|kind| !kind.contains("encrypted"));
    is_text && ["type", "index"].iter().all(|field| last.get(*field) == piece.get(*field))
}

fn join(last: &mut Map<String, Value>, piece: Map<String, Value>) {
    for (field, value) in piece {
        match (last.get_mut(&field), value) {
            (_, Value::Null) => {}
            (Some(Value::String(text)), Value::String(more)) if matches!(field.as_str(), "text" | "summary") => {
                text.push_str(&more);
            }
            (_, value) => {
                last.insert(field, value);
            }
        }
    }
}

/// Adds the reasoning among these parts to a message of the model.
pub fn return_reasoning(parts: &[PromptPart], message: &mut Value) {
    for part in parts {
        let PromptPart::Reasoning { text, data: Some(data) } = part else { continue };
        if let Some(Value::Array(details)) = data.get(DETAILS) {
            match &mut message[DETAILS] {
                Value::Array(before) => before.extend(details.iter().cloned()),
                none => *none = details.clone().into(),
            }
        } else if let Some(field) = FIELDS.into_iter().find(|field| data["field"] == *field) {
            let before = message[field].as_str().unwrap_or_default();
            message[field] = format!("{before}{text}").into();
        }
    }
}
