//! The adapter for OpenAI's Responses API: OpenAI, Azure, OpenRouter, vLLM, Ollama, LM Studio, llama.cpp and others.
//!
//! Nothing is stored at the provider: each request has the whole prompt, and reasoning goes back in encrypted form.

mod event;
mod input;
mod output_items;
mod reasoning_item;
mod request;
mod response_reader;
mod whole_item;

use std::sync::Arc;

use self::request::request_body;
use self::response_reader::ResponseReader;
use super::alternating_prompt::AlternatingPrompt;
use super::event_deltas::listen;
use super::http::Dialect;
use super::known_form::KnownForm;
use super::request_form::RequestForm;
use super::stream_event::StreamEvents;
use super::{DeltaStream, LanguageModel, ModelEndpoint, ModelError, Prompt};

/// Azure expects the key in a header of its own; the others ignore that.
const DIALECT: Dialect = Dialect {
    key_headers: &[("authorization", "Bearer "), ("api-key", "")],
    reader: || Box::new(ResponseReader::default()),
};

/// A client of one model. The endpoint's base URL comes with or without `/responses`, such as
/// `https://api.openai.com/v1`.
#[derive(Debug, Clone)]
pub struct ResponsesClient {
    http: reqwest::Client,
    endpoint: Arc<ModelEndpoint>,
    form: KnownForm,
}

impl ResponsesClient {
    /// A client of `endpoint` that makes its calls with `http`. `max_tokens` limits replies; `None` leaves the limit to
    /// the model. Of a model that `reasons`, summaries of its reasoning are requested.
    pub fn new(http: reqwest::Client, endpoint: ModelEndpoint, max_tokens: Option<u32>, reasons: bool) -> Self {
        let form = RequestForm {
            forbids_storage: true,
            asks_for_encrypted_reasoning: true,
            asks_for_summaries: reasons,
            ..RequestForm::new(max_tokens)
        };
        Self { http, endpoint: Arc::new(endpoint), form: KnownForm::new(form) }
    }

    async fn open(self, prompt: Prompt) -> Result<StreamEvents, ModelError> {
        let Self { http, endpoint, form } = &self;
        let url = &endpoint.url("/responses");
        let prompt = AlternatingPrompt::of(prompt);
        form.call(&prompt, |form| {
            let body = request_body(&endpoint.model, form, &form.prompt(&prompt));
            async move { endpoint.call(|| http.post(url), &body, DIALECT).await }
        })
        .await
    }
}

impl LanguageModel for ResponsesClient {
    fn name(&self) -> &str {
        &self.endpoint.model
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        listen(self.endpoint.limits, !prompt.tools.is_empty(), self.clone().open(prompt))
    }
}
