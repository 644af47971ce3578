//! The events of a stream. Kinds that are not known are skipped.

use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta, ContentBlockStart, ConverseStreamOutput, ReasoningContentBlockDelta, TokenUsage,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::llm::finish::finish_reason;
use crate::llm::stream_event::StreamEvent;
use crate::llm::tool_calls::CallDelta;

/// The most of a signature, or of hidden reasoning, that is kept, in bytes.
const MAX_KEPT_BYTES: usize = 64 * 1024;

/// Reads the events of a stream.
#[derive(Default)]
pub struct OutputReader {
    // Of the reasoning that has not ended: that there is one, its signature so far, and what is hidden of it.
    is_reasoning: bool,
    signature: String,
    redacted: Vec<u8>,
    block: Block,
}

/// The block that was begun last.
#[derive(Default, PartialEq)]
enum Block {
    Call,
    // A call that the service answers itself.
    ServerCall,
    #[default]
    Other,
}

impl OutputReader {
    /// Reads an event.
    pub fn read(&mut self, event: ConverseStreamOutput) -> StreamEvent {
        let nothing = StreamEvent::default();
        match event {
            ConverseStreamOutput::ContentBlockStart(event) => {
                let ended = self.end_block();
                let Some(ContentBlockStart::ToolUse(start)) = event.start else { return ended };
                if start.r#type.is_some() {
                    self.block = Block::ServerCall;
                    return ended;
                }
                self.block = Block::Call;
                let (id, tool) = (start.tool_use_id, start.name);
                let call = CallDelta { index: index(event.content_block_index), id, tool, ..CallDelta::default() };
                StreamEvent { calls: vec![call], ..ended }
            }
            ConverseStreamOutput::ContentBlockDelta(event) => match event.delta {
                Some(ContentBlockDelta::Text(text)) => StreamEvent { text, ..self.end_block() },
                Some(ContentBlockDelta::ReasoningContent(delta)) => self.reason(delta),
                Some(ContentBlockDelta::ToolUse(delta)) if self.block != Block::ServerCall => {
                    let index = index(event.content_block_index);
                    let call = CallDelta { index, input: delta.input, ..CallDelta::default() };
                    StreamEvent { calls: vec![call], ..nothing }
                }
                // Citations, images, and future kinds.
                _ => nothing,
            },
            ConverseStreamOutput::ContentBlockStop(event) => {
                let calls = match self.block {
                    Block::Call => {
                        let index = index(event.content_block_index);
                        vec![CallDelta { index, ends: true, ..CallDelta::default() }]
                    }
                    Block::ServerCall | Block::Other => Vec::new(),
                };
                StreamEvent { calls, ..self.end_block() }
            }
            ConverseStreamOutput::MessageStop(event) => match finish_reason(event.stop_reason.as_str()) {
                Ok(finish_reason) => StreamEvent { finish_reason, ..self.end_block() },
                Err(failure) => StreamEvent { failure: Some(failure), ..nothing },
            },
            ConverseStreamOutput::Metadata(event) => event.usage.map(|usage| counted(&usage)).unwrap_or_default(),
            _ => nothing,
        }
    }

    fn reason(&mut self, delta: ReasoningContentBlockDelta) -> StreamEvent {
        self.is_reasoning = true;
        let kept = self.signature.len().saturating_add(self.redacted.len());
        match delta {
            ReasoningContentBlockDelta::Text(reasoning) => return StreamEvent { reasoning, ..StreamEvent::default() },
            _ if kept > MAX_KEPT_BYTES => {}
            ReasoningContentBlockDelta::Signature(more) => self.signature.push_str(&more),
            ReasoningContentBlockDelta::RedactedContent(more) => self.redacted.extend_from_slice(more.as_ref()),
            _ => {}
        }
        StreamEvent::default()
    }

    // What is to be returned with the reasoning that has ended, if any has.
    fn end_block(&mut self) -> StreamEvent {
        let Self { is_reasoning, signature, redacted, .. } = std::mem::take(self);
        let provider_data = is_reasoning.then(|| match redacted.is_empty() {
            true => json!({ "signature": signature }),
            false => json!({ "redacted": BASE64_STANDARD.encode(redacted) }),
        });
        StreamEvent { provider_data, ..StreamEvent::default() }
    }
}

fn index(index: i32) -> Option<u64> {
    u64::try_from(index).ok()
}

fn counted(usage: &TokenUsage) -> StreamEvent {
    StreamEvent {
        // Cached tokens are not included in the input.
        input_tokens: sum([Some(usage.input_tokens), usage.cache_read_input_tokens, usage.cache_write_input_tokens]),
        cached_input_tokens: sum([usage.cache_read_input_tokens]),
        output_tokens: sum([Some(usage.output_tokens)]),
        ..StreamEvent::default()
    }
}

// An invalid count is unknown.
fn sum<const N: usize>(counts: [Option<i32>; N]) -> Option<u64> {
    let counts = counts.into_iter().flatten().map(|count| u64::try_from(count).ok());
    counts.collect::<Option<Vec<u64>>>()?.into_iter().reduce(u64::saturating_add)
}
