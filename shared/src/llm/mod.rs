//! Language models: one trait for streaming, and an adapter for each protocol.
//!
//! An adapter turns a prompt into a request and each event of the answer into a `StreamEvent`. How these become deltas,
//! ends and timeouts is the same for all (`event_deltas`); so is HTTP with server-sent events (`http`).

// Numbers from servers are added to clocks and counts: none may overflow.
#![warn(clippy::arithmetic_side_effects)]

mod alternating_prompt;
mod anthropic_client;
mod bedrock_client;
mod call_limits;
mod calls_as_text;
mod citations;
mod claude_effort;
mod content;
mod delta_stream;
mod error_phrases;
mod event_deltas;
mod fallback_model;
mod finish;
mod http;
mod known_form;
mod lenient;
mod model_error;
mod openai_client;
mod paired_calls;
mod prompt;
mod repetition;
mod reply_bounds;
mod request_form;
mod responses_client;
mod retry_after;
mod retrying_model;
mod server_error;
mod speech;
mod stream_event;
mod thoughts;
mod tool_calls;
mod tools;

use serde_json::Value;

use crate::conversation::{Source, Usage};
use crate::turn::FinishReason;

pub use anthropic_client::AnthropicClient;
pub use bedrock_client::BedrockClient;
pub use call_limits::CallLimits;
pub use delta_stream::DeltaStream;
pub use fallback_model::FallbackModel;
pub use http::{ApiKey, ModelEndpoint, TraceSource, sse};
pub use model_error::{Misconfiguration, ModelError, Objection, Phase};
pub use openai_client::{OpenAiClient, deltas_of};
pub use prompt::{Prompt, PromptMessage, PromptPart, PromptRole};
pub use responses_client::ResponsesClient;
pub use retrying_model::RetryingModel;
pub use thoughts::without_thoughts;
pub use tools::{ToolChoice, ToolDefinition, ToolResultContent, ToolResultPart};

/// A model that streams its reply.
pub trait LanguageModel: Send + Sync {
    /// The model's name, as it is shown and stored.
    fn name(&self) -> &str;

    /// Requests a reply. Nothing happens until the stream is polled; dropping it cancels the call.
    ///
    /// A complete reply yields [`Delta::Finish`] last. A stream that ends otherwise yields an error last.
    fn stream(&self, prompt: Prompt) -> DeltaStream;
}

/// A delta of a reply.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// More of the answer. Never empty.
    #[debug("Text({} bytes)", _0.len())]
    Text(String),
    /// More of the reasoning before the answer. Never empty.
    #[debug("Reasoning({} bytes)", _0.len())]
    Reasoning(String),
    /// Opaque data that the provider requires back with the reasoning before it, such as a signature, or else with the
    /// call after it.
    #[debug("ProviderData({} bytes)", _0.to_string().len())]
    ProviderData(Value),
    /// A web page that the answer cites. Comes behind the answer; each page once.
    Source(Source),
    /// The start of a call. The next delta other than [`Delta::ToolInput`] ends it.
    ToolStart {
        /// The name of the tool, as the model says it: there may be no such tool.
        tool: String,
    },
    /// More of the arguments of the last call, as JSON. Never empty.
    #[debug("ToolInput({} bytes)", _0.len())]
    ToolInput(String),
    /// The end.
    Finish {
        /// Why the model stopped.
        reason: FinishReason,
        /// The model's token counts, if the server sends them.
        usage: Option<Usage>,
    },
}
