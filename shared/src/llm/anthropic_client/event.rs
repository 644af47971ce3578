//! The JSON of an Anthropic stream, read as leniently as the provider's rules for versions ask: kinds of events, blocks
//! and deltas that are not known here are passed over.

use serde::Deserialize;

use crate::llm::ModelError;
use crate::llm::http;
use crate::llm::transcript::StreamEvent;
use crate::turn::FinishReason;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum MessageEvent {
    MessageStart {
        message: Beginning,
    },
    ContentBlockStart {
        content_block: Content,
    },
    ContentBlockDelta {
        delta: Content,
    },
    MessageDelta {
        delta: Ending,
        #[serde(default)]
        usage: Counts,
    },
    MessageStop,
    Error {
        error: Fault,
    },
    // Pings, ends of blocks, and what is still to come.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Beginning {
    #[serde(default)]
    usage: Counts,
}

/// A block as it begins, or what is added to it. Calls of tools, signatures and citations hold neither of the two.
#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
}

#[derive(Deserialize)]
struct Ending {
    #[serde(default)]
    stop_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Counts {
    #[serde(default)]
    input_tokens: Option<u64>,
    // What the provider's cache took and gave is not among the `input_tokens`.
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
    #[serde(default)]
    output_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(rename = "type")]
    code: String,
}

/// What the data of an event says.
///
/// # Errors
/// It makes no sense, or it is the report of a fault.
pub fn read(data: &str) -> Result<StreamEvent, ModelError> {
    let nothing = StreamEvent::default();
    Ok(match http::json(data)? {
        MessageEvent::MessageStart { message } => counted(&message.usage),
        MessageEvent::ContentBlockStart { content_block: content }
        | MessageEvent::ContentBlockDelta { delta: content } => StreamEvent {
            text: content.text.unwrap_or_default(),
            reasoning: content.thinking.unwrap_or_default(),
            ..nothing
        },
        MessageEvent::MessageDelta { delta, usage } => {
            StreamEvent { finish_reason: delta.stop_reason.as_deref().map(finish_reason), ..counted(&usage) }
        }
        MessageEvent::MessageStop => StreamEvent { is_last: true, ..nothing },
        MessageEvent::Error { error } => return Err(fault(&error.code)),
        MessageEvent::Other => nothing,
    })
}

fn counted(counts: &Counts) -> StreamEvent {
    let cached = counts
        .cache_creation_input_tokens
        .unwrap_or_default()
        .saturating_add(counts.cache_read_input_tokens.unwrap_or_default());
    StreamEvent {
        input_tokens: counts.input_tokens.map(|tokens| tokens.saturating_add(cached)),
        output_tokens: counts.output_tokens,
        ..StreamEvent::default()
    }
}

// What a fault means that is reported in the stream, where no status tells.
fn fault(code: &str) -> ModelError {
    match code {
        "overloaded_error" => ModelError::Overloaded { status: 529, retry_after: None },
        "rate_limit_error" => ModelError::Overloaded { status: 429, retry_after: None },
        code => ModelError::Fault(code.to_owned()),
    }
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "refusal" => FinishReason::ContentFilter,
        "tool_use" => FinishReason::ToolCalls,
        _ => FinishReason::Other,
    }
}
