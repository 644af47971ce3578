//! The JSON of an Anthropic stream, read leniently as the provider's versioning rules demand: unknown kinds of events,
//! blocks and deltas are skipped.

use serde::Deserialize;
use serde_json::Value;

use super::block::{Block, signed};
use crate::llm::content::Content;
use crate::llm::finish::finish_reason;
use crate::llm::http::ReadEvent;
use crate::llm::lenient::{Count, FromJson, Object, Presence, Text, lenient};
use crate::llm::server_error::ServerError;
use crate::llm::stream_event::StreamEvent;
use crate::llm::tool_calls::CallDelta;

/// The longest signature that is kept, in bytes.
const MAX_SIGNATURE_BYTES: usize = 64 * 1024;

/// One event of the stream, or the whole answer of a server that does not stream.
#[derive(Deserialize)]
struct Event {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    kind: Kind,
    #[serde(default, deserialize_with = "lenient")]
    message: Object<Message>,
    #[serde(default, deserialize_with = "lenient")]
    index: Count,
    #[serde(default)]
    content_block: Value,
    #[serde(default, deserialize_with = "lenient")]
    delta: Object<Delta>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Object<Counts>,
    #[serde(default, deserialize_with = "lenient")]
    error: Presence,
    // In a whole answer.
    #[serde(default)]
    content: Value,
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

/// What is added to a block, or how the message ends. Citations have none of these.
#[derive(Default, Deserialize)]
struct Delta {
    #[serde(default, deserialize_with = "lenient")]
    text: Text,
    #[serde(default, deserialize_with = "lenient")]
    thinking: Text,
    #[serde(default, deserialize_with = "lenient")]
    signature: Text,
    #[serde(default, deserialize_with = "lenient")]
    partial_json: Text,
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
    // The same of a call: its index and arguments.
    begun_call: Option<(Option<u64>, String)>,
    // The signature so far of the reasoning that has not ended.
    signature: Option<String>,
    // The indices of the blocks that are calls.
    calls: Vec<Option<u64>>,
    // The block that was begun last is a call.
    is_call: bool,
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
            Kind::BlockStart => self.begin(event.index.0, Block::of(event.content_block)),
            Kind::BlockDelta => self.add(event.index.0, event.delta.0.unwrap_or_default()),
            Kind::BlockStop => self.end(event.index.0),
            Kind::MessageDelta => {
                let reason = event.delta.0.map(|delta| delta.stop_reason.0).unwrap_or_default();
                let counts = counted(event.usage);
                let (input_tokens, cached_input_tokens) = (counts.input_tokens, counts.cached_input_tokens);
                let output_tokens = counts.output_tokens;
                let rest = self.end(None);
                ended(&reason, StreamEvent { input_tokens, cached_input_tokens, output_tokens, ..rest })
            }
            Kind::MessageStop => StreamEvent { is_last: true, ..self.end(None) },
            Kind::Message => {
                let (Content { text, thoughts: reasoning }, calls, provider_data) = Block::all(event.content);
                let counts = counted(event.usage);
                let whole =
                    StreamEvent { is_whole: true, is_last: true, text, reasoning, calls, provider_data, ..counts };
                ended(&event.stop_reason.0, whole)
            }
            Kind::Error | Kind::Other => nothing,
        })
    }
}

impl MessageReader {
    fn begin(&mut self, index: Option<u64>, block: Block) -> StreamEvent {
        let mut event = self.flush();
        self.begun = block.content;
        self.signature = block.signature;
        event.provider_data = event.provider_data.or(block.redacted);
        self.is_call = block.call.is_some();
        if let Some(mut call) = block.call {
            self.calls.push(index);
            self.begun_call = Some((index, std::mem::take(&mut call.input)));
            event.calls.push(CallDelta { index, ..call });
        }
        event
    }

    // Adds to a block, and before it emits the initial content.
    fn add(&mut self, index: Option<u64>, delta: Delta) -> StreamEvent {
        let begun = std::mem::take(&mut self.begun);
        if let Some(signature) = &mut self.signature
            && signature.len() <= MAX_SIGNATURE_BYTES
        {
            signature.push_str(&delta.signature.0);
        }
        let mut calls = Vec::new();
        if !delta.partial_json.0.is_empty() && self.is_of_call(index) {
            self.begun_call = None;
            calls.push(CallDelta { index, input: delta.partial_json.0, ..CallDelta::default() });
        }
        StreamEvent {
            text: unless_repeated(begun.text, delta.text.0),
            reasoning: unless_repeated(begun.thoughts, delta.thinking.0),
            calls,
            ..StreamEvent::default()
        }
    }

    // Ends a block; without an index, the one that was begun last.
    fn end(&mut self, index: Option<u64>) -> StreamEvent {
        let mut event = self.flush();
        if self.is_of_call(index) {
            event.calls.push(CallDelta { index, ends: true, ..CallDelta::default() });
        }
        event
    }

    // Emits what a block has begun with, and the signature of its reasoning.
    fn flush(&mut self) -> StreamEvent {
        let mut event = self.add(None, Delta::default());
        event.provider_data = self.signature.take().as_deref().map(signed);
        let begun = self.begun_call.take();
        event.calls.extend(begun.map(|(index, input)| CallDelta { index, input, ..CallDelta::default() }));
        event
    }

    fn is_of_call(&self, index: Option<u64>) -> bool {
        match index {
            Some(_) => self.calls.contains(&index) || (self.is_call && self.calls.contains(&None)),
            None => self.is_call,
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
    let cached = counts.cache_read_input_tokens.0;
    let prompt = [counts.input_tokens, counts.cache_creation_input_tokens, counts.cache_read_input_tokens];
    StreamEvent {
        input_tokens: prompt.into_iter().filter_map(|count| count.0).reduce(u64::saturating_add),
        cached_input_tokens: cached,
        output_tokens: counts.output_tokens.0,
        ..StreamEvent::default()
    }
}
