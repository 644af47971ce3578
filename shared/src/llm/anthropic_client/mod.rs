//! The adapter for servers with Anthropic's Messages API: Anthropic itself, and compatible ones.

mod block;
mod event;
mod message_reader;
mod request;

use std::sync::Arc;

use self::message_reader::MessageReader;
use self::request::request_body;
use super::alternating_prompt::AlternatingPrompt;
use super::event_deltas::listen;
use super::http::Dialect;
use super::known_form::KnownForm;
use super::request_form::RequestForm;
use super::stream_event::StreamEvents;
use super::{DeltaStream, LanguageModel, ModelEndpoint, ModelError, Prompt};

/// The version of the API. Within a version, kinds of events may be added and none removed.
const VERSION: &str = "2023-06-01";

const DIALECT: Dialect = Dialect { key_headers: &[("x-api-key", "")], reader: || Box::new(MessageReader::default()) };

/// A client of one model. The endpoint's base URL comes with or without `/v1/messages`, such as
/// `https://api.anthropic.com`.
#[derive(Debug, Clone)]
pub struct AnthropicClient {
    http: reqwest::Client,
    endpoint: Arc<ModelEndpoint>,
    form: KnownForm,
}

impl AnthropicClient {
    /// A client of `endpoint` that makes its calls with `http`. The API requires a token limit: `max_tokens`, or less
    /// if the model allows no more.
    pub fn new(http: reqwest::Client, endpoint: ModelEndpoint, max_tokens: u32) -> Self {
        let form = RequestForm { needs_bound: true, has_budgets: true, ..RequestForm::new(Some(max_tokens)) };
        Self { http, endpoint: Arc::new(endpoint), form: KnownForm::new(form) }
    }

    async fn open(self, prompt: Prompt) -> Result<StreamEvents, ModelError> {
        let Self { http, endpoint, form } = &self;
        let url = &endpoint.url("/v1/messages");
        let prompt = AlternatingPrompt::of(prompt);
        form.call(&prompt, |form| {
            let body = request_body(&endpoint.model, form, &form.prompt(&prompt));
            async move { endpoint.call(|| http.post(url).header("anthropic-version", VERSION), &body, DIALECT).await }
        })
        .await
    }
}

impl LanguageModel for AnthropicClient {
    fn name(&self) -> &str {
        &self.endpoint.model
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        listen(self.endpoint.limits, !prompt.tools.is_empty(), self.clone().open(prompt))
    }
}
