//! The JSON of an Anthropic stream, read leniently as the provider's versioning rules demand: unknown kinds of events,
//! blocks and deltas are skipped.

use serde::Deserialize;
use serde_json::Value;

use crate::llm::content::Content;
use crate::llm::finish::finish_reason;
use crate::llm::http::ReadEvent;
use crate::llm::lenient::{Count, FromJson, Object, Presence, Text, lenient};
use crate::llm::server_error::ServerError;
use crate::llm::stream_event::StreamEvent;

/// One event of the stream, or the whole answer of a server that does not stream.
#[derive(Deserialize)]
struct Event {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    kind: Kind,
    #[serde(default, deserialize_with = "lenient")]
    message: Object<Message>,
    #[serde(default, deserialize_with = "lenient")]
    content_block: Content,
    #[serde(default, deserialize_with = "lenient")]
    delta: Object<Delta>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Object<Counts>,
    #[serde(default, deserialize_with = "lenient")]
    error: Presence,
    // In a whole answer.
    #[serde(default, deserialize_with = "lenient")]
    content: Content,
    #[serde(default, deserialize_with = "lenient")]
    stop_reason: Text,
}

#[derive(Default, PartialEq)]
enum Kind {
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
struct Message {
    #[serde(default, deserialize_with = "lenient")]
    usage: Object<Counts>,
}

/// What is added to a block, or how the message ends. Tool calls, signatures and citations have none of these.
#[derive(Deserialize)]
struct Delta {
    #[serde(default, deserialize_with = "lenient")]
    text: Text,
    #[serde(default, deserialize_with = "lenient")]
    thinking: Text,
    #[serde(default, deserialize_with = "lenient")]
    stop_reason: Text,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default, deserialize_with = "lenient")]
    input_tokens: Count,
    // Cached tokens are not included in `input_tokens`.
    #[serde(default, deserialize_with = "lenient")]
    cache_creation_input_tokens: Count,
    #[serde(default, deserialize_with = "lenient")]
    cache_read_input_tokens: Count,
    #[serde(default, deserialize_with = "lenient")]
    output_tokens: Count,
}

/// Reads the events of a stream.
#[derive(Default)]
pub struct MessageReader {
    // The initial content of a block. Anthropic's blocks begin empty; some servers repeat it in the block's first
    // delta.
    begun: Content,
}

impl ReadEvent for MessageReader {
    fn read(&mut self, json: &str) -> serde_json::Result<StreamEvent> {
        let event: Event = serde_json::from_str(json)?;
        if event.error.0 || matches!(event.kind, Kind::Error | Kind::Other) {
            let report = ServerError::of_event(&serde_json::from_str::<Value>(json)?);
            let failure = report.map(|error| error.meaning(None));
            return Ok(StreamEvent { failure, ..StreamEvent::default() });
        }
        let nothing = StreamEvent::default();
        Ok(match event.kind {
            Kind::MessageStart => counted(event.message.0.map(|message| message.usage).unwrap_or_default()),
            Kind::BlockStart => {
                let begun = std::mem::replace(&mut self.begun, event.content_block);
                StreamEvent { text: begun.text, reasoning: begun.thoughts, ..nothing }
            }
            Kind::BlockDelta => self.add(event.delta.0),
            Kind::BlockStop => self.add(None),
            Kind::MessageDelta => {
                let reason = event.delta.0.map(|delta| delta.stop_reason.0).unwrap_or_default();
                let StreamEvent { text, reasoning, .. } = self.add(None);
                ended(&reason, StreamEvent { text, reasoning, ..counted(event.usage) })
            }
            Kind::MessageStop => StreamEvent { is_last: true, ..self.add(None) },
            Kind::Message => {
                let Content { text, thoughts: reasoning } = event.content;
                let whole = StreamEvent { is_whole: true, is_last: true, text, reasoning, ..counted(event.usage) };
                ended(&event.stop_reason.0, whole)
            }
            Kind::Error | Kind::Other => nothing,
        })
    }
}

impl MessageReader {
    // Adds to a block, or ends it, and before it emits the initial content.
    fn add(&mut self, delta: Option<Delta>) -> StreamEvent {
        let begun = std::mem::take(&mut self.begun);
        let (text, thinking) = delta.map(|delta| (delta.text.0, delta.thinking.0)).unwrap_or_default();
        StreamEvent {
            text: unless_repeated(begun.text, text),
            reasoning: unless_repeated(begun.thoughts, thinking),
            ..StreamEvent::default()
        }
    }
}

fn unless_repeated(begun: String, more: String) -> String {
    match begun.is_empty() || more.starts_with(&begun) {
        true => more,
        false => begun + &more,
    }
}

fn ended(reason: &str, event: StreamEvent) -> StreamEvent {
    match finish_reason(reason) {
        Ok(finish_reason) => StreamEvent { finish_reason, ..event },
        Err(failure) => StreamEvent { failure: Some(failure), ..event },
    }
}

fn counted(Object(counts): Object<Counts>) -> StreamEvent {
    let Some(counts) = counts else { return StreamEvent::default() };
    let prompt = [counts.input_tokens, counts.cache_creation_input_tokens, counts.cache_read_input_tokens];
    StreamEvent {
        input_tokens: prompt.into_iter().filter_map(|count| count.0).reduce(u64::saturating_add),
        output_tokens: counts.output_tokens.0,
        ..StreamEvent::default()
    }
}
