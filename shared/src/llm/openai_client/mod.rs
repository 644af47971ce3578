//! The adapter for OpenAI's chat completions: OpenAI, Azure, Ollama, vLLM, llama.cpp, OpenRouter and others.

mod chunk;

use std::sync::Arc;

use reqwest::Response;
use serde_json::{Value, json};

use self::chunk::ChunkReader;
use super::alternating_prompt::AlternatingPrompt;
use super::event_deltas::listen;
use super::http::{self, Dialect};
use super::request_form::{KnownForm, RequestForm};
use super::stream_event::StreamEvents;
use super::{CallLimits, DeltaStream, LanguageModel, ModelEndpoint, ModelError, Prompt};

/// Azure expects the key in a header of its own; the others ignore that.
const DIALECT: Dialect =
    Dialect { key_headers: &[("authorization", "Bearer "), ("api-key", "")], reader: || Box::new(ChunkReader) };

/// A client of one model. The endpoint's base URL comes with or without `/chat/completions`, such as
/// `https://api.openai.com/v1`.
#[derive(Debug, Clone)]
pub struct OpenAiClient {
    http: reqwest::Client,
    endpoint: Arc<ModelEndpoint>,
    form: KnownForm,
}

impl OpenAiClient {
    /// A client of `endpoint` that makes its calls with `http`. `max_tokens` limits replies; `None` leaves the limit to
    /// the model.
    pub fn new(http: reqwest::Client, endpoint: ModelEndpoint, max_tokens: Option<u32>) -> Self {
        Self { http, endpoint: Arc::new(endpoint), form: KnownForm::new(RequestForm::new(max_tokens)) }
    }

    async fn open(self, prompt: Prompt) -> Result<StreamEvents, ModelError> {
        let Self { http, endpoint, form } = &self;
        let url = &endpoint.url("/chat/completions");
        let prompt = AlternatingPrompt::of(prompt);
        form.call(|form| {
            let body = request_body(&endpoint.model, form, &form.prompt(&prompt));
            async move { endpoint.call(|| http.post(url), &body, DIALECT).await }
        })
        .await
    }
}

/// The deltas of an answer that was requested elsewhere, as a client would read them.
pub fn deltas_of(answer: Response, limits: CallLimits) -> DeltaStream {
    listen(limits, http::read(answer, DIALECT))
}

impl LanguageModel for OpenAiClient {
    fn name(&self) -> &str {
        &self.endpoint.model
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        listen(self.endpoint.limits, self.clone().open(prompt))
    }
}

fn request_body(model: &str, form: RequestForm, prompt: &AlternatingPrompt) -> Value {
    let instructions = prompt.instructions.as_deref().map(|instructions| ("system", instructions.into()));
    let messages: Vec<Value> = instructions
        .into_iter()
        .chain(prompt.turns())
        .map(|(role, content)| json!({ "role": role, "content": content }))
        .collect();
    let mut body = json!({ "model": model, "messages": messages, "stream": true });
    if form.asks_for_usage {
        body["stream_options"] = json!({ "include_usage": true });
    }
    if let Some(bound) = form.max_tokens {
        body[if form.has_newer_name { "max_completion_tokens" } else { "max_tokens" }] = bound.into();
    }
    body
}
