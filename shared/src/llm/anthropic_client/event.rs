//! The JSON of an Anthropic stream, read as leniently as the provider's rules for versions ask: kinds of events, blocks
//! and deltas that are not known here are passed over.

use serde::Deserialize;

use crate::llm::ModelError;
use crate::llm::http;
use crate::llm::lenient::{Count, Object, lenient};
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
        #[serde(default, deserialize_with = "lenient")]
        usage: Object<Counts>,
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
    #[serde(default, deserialize_with = "lenient")]
    usage: Object<Counts>,
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

#[derive(Deserialize)]
struct Counts {
    #[serde(default, deserialize_with = "lenient")]
    input_tokens: Count,
    // What the provider's cache took and gave is not among the `input_tokens`.
    #[serde(default, deserialize_with = "lenient")]
    cache_creation_input_tokens: Count,
    #[serde(default, deserialize_with = "lenient")]
    cache_read_input_tokens: Count,
    #[serde(default, deserialize_with = "lenient")]
    output_tokens: Count,
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
        MessageEvent::MessageStart { message } => counted(message.usage),
        MessageEvent::ContentBlockStart { content_block: content }
        | MessageEvent::ContentBlockDelta { delta: content } => StreamEvent {
            text: content.text.unwrap_or_default(),
            reasoning: content.thinking.unwrap_or_default(),
            ..nothing
        },
        MessageEvent::MessageDelta { delta, usage } => {
            StreamEvent { finish_reason: delta.stop_reason.as_deref().map(finish_reason), ..counted(usage) }
        }
        MessageEvent::MessageStop => StreamEvent { is_last: true, ..nothing },
        MessageEvent::Error { error } => return Err(fault(&error.code)),
        MessageEvent::Other => nothing,
    })
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
