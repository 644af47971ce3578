//! The adapter for OpenAI's chat completions: OpenAI, Azure, Ollama, vLLM, llama.cpp, OpenRouter and others.

mod calls;
mod chunk;
mod reasoning;
mod request;

use std::sync::Arc;

use reqwest::Response;

use self::chunk::ChunkReader;
use self::request::request_body;
use super::alternating_prompt::AlternatingPrompt;
use super::event_deltas::listen;
use super::http::{self, Dialect};
use super::known_form::KnownForm;
use super::request_form::RequestForm;
use super::stream_event::StreamEvents;
use super::{CallLimits, DeltaStream, LanguageModel, ModelEndpoint, ModelError, Prompt};

/// Azure expects the key in a header of its own; the others ignore that.
const DIALECT: Dialect = Dialect {
    key_headers: &[("authorization", "Bearer "), ("api-key", "")],
    reader: || Box::new(ChunkReader::default()),
};

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
        form.call(&prompt, |form| {
            let body = request_body(&endpoint.model, form, &form.prompt(&prompt));
            async move { endpoint.call(|| http.post(url), &body, DIALECT).await }
        })
        .await
    }
}

/// The deltas of an answer that was requested elsewhere, as a client would read them.
pub fn deltas_of(answer: Response, limits: CallLimits) -> DeltaStream {
    listen(limits, true, http::read(answer, DIALECT))
}

impl LanguageModel for OpenAiClient {
    fn name(&self) -> &str {
        &self.endpoint.model
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        listen(self.endpoint.limits, !prompt.tools.is_empty(), self.clone().open(prompt))
    }
}
