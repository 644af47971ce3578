//! Reads the events of an Anthropic stream.

use serde_json::Value;

use super::block::{Block, signed};
use super::event::{Delta, Event, Kind, counted};
use crate::llm::content::Content;
use crate::llm::finish::finish_reason;
use crate::llm::http::ReadEvent;
use crate::llm::server_error::ServerError;
use crate::llm::stream_event::StreamEvent;
use crate::llm::tool_calls::CallDelta;

/// The longest signature that is kept, in bytes.
const MAX_SIGNATURE_BYTES: usize = 64 * 1024;

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
