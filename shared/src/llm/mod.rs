//! Language models: one trait for all that stream, and an adapter for each protocol.
//!
//! An adapter turns a prompt into a request and each event of the answer into a `StreamEvent`. What makes a
//! delta, an end or a silence of them is the same for all (`delta_stream`); so is HTTP with server-sent events
//! (`http`).

// Numbers that a server sends are added to clocks and counts: none may overflow.
#![warn(clippy::arithmetic_side_effects)]

mod alternating_prompt;
mod anthropic_client;
mod bedrock_client;
mod call_limits;
mod content;
mod delta_stream;
mod error_phrases;
mod fallback_model;
mod finish;
mod http;
mod lenient;
mod model_error;
mod openai_client;
mod repetition;
mod reply_bounds;
mod request_form;
mod retry_after;
mod retrying_model;
mod server_error;
mod speech;
mod stream_event;
mod thoughts;

use futures::stream::BoxStream;

use crate::conversation::Usage;
use crate::turn::FinishReason;

pub use anthropic_client::AnthropicClient;
pub use bedrock_client::BedrockClient;
pub use call_limits::CallLimits;
pub use fallback_model::FallbackModel;
pub use http::{ApiKey, ModelEndpoint, TraceSource, sse};
pub use model_error::{Misconfiguration, ModelError, Objection, Phase};
pub use openai_client::{OpenAiClient, deltas_of};
pub use retrying_model::RetryingModel;
pub use thoughts::without_thoughts;

/// A model that streams its reply.
pub trait LanguageModel: Send + Sync {
    /// The model's name, as it is shown and stored.
    fn name(&self) -> &str;

    /// Asks for a reply. Nothing happens until the stream is polled; dropping it cancels the call.
    ///
    /// A reply that comes to its end yields [`Delta::Finish`] last. A stream that ends otherwise yields an error last.
    fn stream(&self, prompt: Prompt) -> DeltaStream;
}

/// The pieces of a reply, as the model writes it.
pub type DeltaStream = BoxStream<'static, Result<Delta, ModelError>>;

/// A piece of a reply.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// Not [`LanguageModel::name`] but the model of this name writes the reply. Never behind a word of it.
    ModelSelected(String),
    /// The model was asked so many times more, having failed. Never behind a word of it.
    Retried(u32),
    /// More of the answer. Never empty.
    #[debug("Text({} bytes)", _0.len())]
    Text(String),
    /// More of the thoughts before the answer. Never empty.
    #[debug("Reasoning({} bytes)", _0.len())]
    Reasoning(String),
    /// The end.
    Finish {
        /// Why the model stopped.
        reason: FinishReason,
        /// What it counted, where the server tells.
        usage: Option<Usage>,
    },
}

/// What a model is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Oldest first.
    pub messages: Vec<PromptMessage>,
}

/// One message of a prompt.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct PromptMessage {
    /// Who speaks.
    pub role: PromptRole,
    /// What is said.
    #[debug("{} bytes", content.len())]
    pub content: String,
}

/// Who speaks in a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptRole {
    /// The instructions.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
}
