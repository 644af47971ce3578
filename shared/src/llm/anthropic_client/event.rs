//! The JSON of an Anthropic stream, read leniently as the provider's versioning rules demand: unknown kinds of events,
//! blocks and deltas are skipped.

use serde::Deserialize;
use serde_json::Value;

use crate::llm::lenient::{Count, FromJson, Object, Presence, Text, lenient};
use crate::llm::stream_event::StreamEvent;

/// One event of the stream, or the whole answer of a server that does not stream.
#[derive(Deserialize)]
pub struct Event {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub kind: Kind,
    #[serde(default, deserialize_with = "lenient")]
    pub message: Object<Message>,
    #[serde(default, deserialize_with = "lenient")]
    pub index: Count,
    #[serde(default)]
    pub content_block: Value,
    #[serde(default, deserialize_with = "lenient")]
    pub delta: Object<Delta>,
    #[serde(default, deserialize_with = "lenient")]
    pub usage: Object<Counts>,
    #[serde(default, deserialize_with = "lenient")]
    pub error: Presence,
    // In a whole answer.
    #[serde(default)]
    pub content: Value,
    #[serde(default, deserialize_with = "lenient")]
    pub stop_reason: Text,
}

#[derive(Default, PartialEq)]
pub enum Kind {
    MessageStart,
    BlockStart,
    BlockDelta,
    BlockStop,
    MessageDelta,
    MessageStop,
    Message,
    Error,
    // Pings, and future kinds.
    #[default]
    Other,
}

impl FromJson<'_> for Kind {
    fn from_text(text: &str) -> Self {
        match text {
            "message_start" => Kind::MessageStart,
            "content_block_start" => Kind::BlockStart,
            "content_block_delta" => Kind::BlockDelta,
            "content_block_stop" => Kind::BlockStop,
            "message_delta" => Kind::MessageDelta,
            "message_stop" => Kind::MessageStop,
            "message" => Kind::Message,
            "error" => Kind::Error,
            _ => Kind::Other,
        }
    }
}

#[derive(Deserialize)]
pub struct Message {
    #[serde(default, deserialize_with = "lenient")]
    pub usage: Object<Counts>,
}

/// What is added to a block, or how the message ends. Citations have none of these.
#[derive(Default, Deserialize)]
pub struct Delta {
    #[serde(default, deserialize_with = "lenient")]
    pub text: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub thinking: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub signature: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub partial_json: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub stop_reason: Text,
}

#[derive(Deserialize)]
pub struct Counts {
    #[serde(default, deserialize_with = "lenient")]
    pub input_tokens: Count,
    // Cached tokens are not included in `input_tokens`.
    #[serde(default, deserialize_with = "lenient")]
    pub cache_creation_input_tokens: Count,
    #[serde(default, deserialize_with = "lenient")]
    pub cache_read_input_tokens: Count,
    #[serde(default, deserialize_with = "lenient")]
    pub output_tokens: Count,
}

/// The token counts of an event.
pub fn counted(Object(counts): Object<Counts>) -> StreamEvent {
    let Some(counts) = counts else { return StreamEvent::default() };
    let cached = counts.cache_read_input_tokens.0;
    let prompt = [counts.input_tokens, counts.cache_creation_input_tokens, counts.cache_read_input_tokens];
    StreamEvent {
        input_tokens: prompt.into_iter().filter_map(|count| count.0).reduce(u64::saturating_add),
        cached_input_tokens: cached,
        output_tokens: counts.output_tokens.0,
        ..StreamEvent::default()
    }
}
