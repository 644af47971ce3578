//! A protocol-independent event of a model's stream.

use futures::stream::BoxStream;
use serde_json::Value;

use super::ModelError;
use super::tool_calls::CallDelta;
use crate::conversation::Source;
use crate::turn::FinishReason;

/// The content of one event. Most have one thing, keep-alives nothing.
#[derive(Default)]
pub struct StreamEvent {
    /// Added reasoning.
    pub reasoning: String,
    /// Opaque data that the provider requires back with the reasoning before it.
    pub provider_data: Option<Value>,
    /// Added text of the answer.
    pub text: String,
    /// Web pages that the answer cites.
    pub sources: Vec<Source>,
    /// Deltas of tool calls.
    pub calls: Vec<CallDelta>,
    /// Reasoning, text and calls are not added but are those of the whole message.
    pub is_whole: bool,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// Tokens of the prompt. The last report counts.
    pub input_tokens: Option<u64>,
    /// Those of them that were read from a cache. The last report counts.
    pub cached_input_tokens: Option<u64>,
    /// Tokens of the reply. The last report counts.
    pub output_tokens: Option<u64>,
    /// What follows, if anything, does not belong to this reply.
    pub is_last: bool,
    /// It violates the protocol. It may have been meant as an error.
    pub is_foreign: bool,
    /// After this content, the reply has failed.
    pub failure: Option<ModelError>,
}

/// The events of a model's stream.
pub type StreamEvents = BoxStream<'static, Result<StreamEvent, ModelError>>;
