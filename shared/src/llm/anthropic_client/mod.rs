//! The adapter for servers that speak Anthropic's Messages: Anthropic itself, and others that imitate it.

mod event;

use std::sync::Arc;

use serde_json::{Value, json};

use super::dialogue::Dialogue;
use super::http::{Dialect, Refusal};
use super::model_error::says_too_long;
use super::transcript::{StreamEvents, listen};
use super::{DeltaStream, LanguageModel, ModelEndpoint, ModelError, Prompt, PromptRole};

/// The version of the protocol that is spoken here. Under one version, kinds of events may be added and none taken away.
const VERSION: &str = "2023-06-01";

/// A client of one model. The endpoint's address is the one up to and without `/v1/messages`, such as
/// `https://api.anthropic.com`.
#[derive(Debug, Clone)]
pub struct AnthropicClient {
    http: reqwest::Client,
    endpoint: Arc<ModelEndpoint>,
    max_tokens: u32,
}

impl AnthropicClient {
    /// A client of `endpoint` that makes its calls with `http`. The protocol wants a bound of every reply: `max_tokens`.
    pub fn new(http: reqwest::Client, endpoint: ModelEndpoint, max_tokens: u32) -> Self {
        Self { http, endpoint: Arc::new(endpoint), max_tokens }
    }

    async fn open(self, prompt: Prompt) -> Result<StreamEvents, ModelError> {
        let body = request_body(&self.endpoint.model, self.max_tokens, &Dialogue::of(prompt));
        let url = self.endpoint.url("/v1/messages");
        let dialect = Dialect { key_header: "x-api-key", key_prefix: "", event: event::read, refusal };
        self.endpoint.call(|| self.http.post(&url).header("anthropic-version", VERSION), &body, dialect).await
    }
}

impl LanguageModel for AnthropicClient {
    fn name(&self) -> &str {
        &self.endpoint.model
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        listen(self.endpoint.limits, self.clone().open(prompt))
    }
}

fn request_body(model: &str, max_tokens: u32, dialogue: &Dialogue) -> Value {
    let messages: Vec<Value> = dialogue
        .messages
        .iter()
        .map(|message| {
            let role = if message.role == PromptRole::Assistant { "assistant" } else { "user" };
            json!({ "role": role, "content": message.content })
        })
        .collect();
    let mut body = json!({ "model": model, "max_tokens": max_tokens, "messages": messages, "stream": true });
    if let Some(instructions) = &dialogue.instructions {
        body["system"] = json!(instructions);
    }
    body
}

fn refusal(refusal: Refusal) -> ModelError {
    let error = &refusal.body["error"];
    let text = |field: &str| error[field].as_str().unwrap_or_default();
    match text("type") {
        "request_too_large" => ModelError::ContextTooLong,
        // The one kind stands for all that is wrong with a request; only the sentence tells more.
        "invalid_request_error" if says_too_long(text("message")) => ModelError::ContextTooLong,
        code => refusal.by_status(code),
    }
}
