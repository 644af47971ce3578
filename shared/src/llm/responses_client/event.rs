//! The JSON of a Responses stream, read as leniently as servers write it: unknown kinds of events are skipped.

use serde::Deserialize;
use serde_json::Value;

use crate::llm::content::Content;
use crate::llm::lenient::{Count, FromJson, Text, lenient};
use crate::llm::stream_event::StreamEvent;

/// One event of the stream, or the whole response of a server that does not stream.
#[derive(Deserialize)]
pub struct Event {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub kind: Kind,
    #[serde(default, deserialize_with = "lenient")]
    pub object: Text,
    // The place and the id of the item that the event is about. Some servers leave one of them out, or change the id
    // from event to event.
    #[serde(default, deserialize_with = "lenient")]
    pub output_index: Count,
    #[serde(default, deserialize_with = "lenient")]
    pub item_id: Text,
    // The part of its content, or of its summary.
    #[serde(default, deserialize_with = "lenient")]
    pub content_index: Count,
    #[serde(default, deserialize_with = "lenient")]
    pub summary_index: Count,
    #[serde(default, deserialize_with = "lenient")]
    pub delta: Content,
    #[serde(default, deserialize_with = "lenient")]
    pub text: Content,
    #[serde(default, deserialize_with = "lenient")]
    pub refusal: Text,
    // Of a call whose arguments are complete.
    #[serde(default)]
    pub arguments: Value,
    #[serde(default)]
    pub item: Value,
    #[serde(default)]
    pub annotation: Value,
    #[serde(default)]
    pub response: Value,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    ItemAdded,
    ItemDone,
    Text,
    TextDone,
    Reasoning {
        /// It is a summary, and not the model's own words.
        is_summary: bool,
    },
    Input,
    InputDone,
    Annotation,
    Completed,
    Incomplete,
    Failed,
    Cancelled,
    // Progress of what the provider does, and future kinds. That a tool of its own has failed is no error.
    Progress,
    // It may be an error.
    #[default]
    Other,
}

impl FromJson<'_> for Kind {
    fn from_text(text: &str) -> Self {
        let Some(kind) = text.strip_prefix("response.") else { return Kind::Other };
        match kind {
            "output_item.added" => Kind::ItemAdded,
            "output_item.done" => Kind::ItemDone,
            "output_text.delta" | "text.delta" | "refusal.delta" => Kind::Text,
            "output_text.done" | "text.done" | "refusal.done" => Kind::TextDone,
            "function_call_arguments.delta" => Kind::Input,
            "function_call_arguments.done" => Kind::InputDone,
            "output_text.annotation.added" => Kind::Annotation,
            "completed" | "done" => Kind::Completed,
            "incomplete" => Kind::Incomplete,
            "failed" => Kind::Failed,
            "cancelled" | "canceled" => Kind::Cancelled,
            "error" => Kind::Other,
            // Of the model's words or of their summary, with or without `_text`.
            kind if kind.starts_with("reasoning") && kind.ends_with(".delta") => {
                Kind::Reasoning { is_summary: kind.contains("summary") }
            }
            _ => Kind::Progress,
        }
    }
}

impl Event {
    /// The number of the part that it is about.
    pub fn part(&self) -> Option<u64> {
        self.summary_index.0.or(self.content_index.0)
    }

    /// The text of a part that is complete.
    pub fn whole_text(&mut self) -> String {
        std::mem::take(&mut self.text).all() + &self.refusal.0
    }
}

#[derive(Default, Deserialize)]
struct Usage {
    #[serde(default, deserialize_with = "lenient")]
    input_tokens: Count,
    #[serde(default, deserialize_with = "lenient")]
    output_tokens: Count,
}

/// The token counts of a response.
pub fn counted(response: &Value) -> StreamEvent {
    let usage = Usage::deserialize(&response["usage"]).unwrap_or_default();
    let cached: Count = lenient(&response["usage"]["input_tokens_details"]["cached_tokens"]).unwrap_or_default();
    StreamEvent {
        input_tokens: usage.input_tokens.0,
        cached_input_tokens: cached.0,
        output_tokens: usage.output_tokens.0,
        ..StreamEvent::default()
    }
}
