//! The adapter for servers that speak OpenAI's chat completions: OpenAI, Ollama, vLLM, llama.cpp, OpenRouter and others.

mod chunk;

use std::sync::Arc;

use reqwest::Response;
use serde_json::{Value, json};

use self::chunk::{CompletionChunk, error_code};
use super::http::{self, Dialect, Refusal};
use super::transcript::{StreamEvent, StreamEvents, listen};
use super::{CallLimits, DeltaStream, LanguageModel, ModelEndpoint, ModelError, Prompt, PromptRole};

const DIALECT: Dialect = Dialect { key_header: "authorization", key_prefix: "Bearer ", event, refusal };

/// A client of one model. The endpoint's address is the one up to and without `/chat/completions`, such as
/// `https://api.openai.com/v1`.
#[derive(Debug, Clone)]
pub struct OpenAiClient {
    http: reqwest::Client,
    endpoint: Arc<ModelEndpoint>,
}

impl OpenAiClient {
    /// A client of `endpoint` that makes its calls with `http`.
    pub fn new(http: reqwest::Client, endpoint: ModelEndpoint) -> Self {
        Self { http, endpoint: Arc::new(endpoint) }
    }

    async fn open(self, prompt: Prompt) -> Result<StreamEvents, ModelError> {
        let url = self.endpoint.url("/chat/completions");
        let body = request_body(&self.endpoint.model, &prompt);
        self.endpoint.call(|| self.http.post(&url), &body, DIALECT).await
    }
}

/// The deltas of an answer that has been had elsewhere: what a client makes of one that it asked for itself.
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

fn request_body(model: &str, prompt: &Prompt) -> Value {
    let messages: Vec<Value> = prompt
        .messages
        .iter()
        .map(|message| {
            let role = match message.role {
                PromptRole::System => "system",
                PromptRole::User => "user",
                PromptRole::Assistant => "assistant",
            };
            json!({ "role": role, "content": message.content })
        })
        .collect();
    json!({
        "model": model,
        "messages": messages,
        "stream": true,
        "stream_options": { "include_usage": true },
    })
}

fn event(data: &str) -> Result<StreamEvent, ModelError> {
    if data.trim() == "[DONE]" {
        return Ok(StreamEvent { is_last: true, ..StreamEvent::default() });
    }
    let mut chunk: CompletionChunk = http::json(data)?;
    if let Some(fault) = chunk.fault() {
        return Err(ModelError::Fault(fault.to_owned()));
    }
    Ok(StreamEvent {
        reasoning: chunk.reasoning(),
        text: chunk.text(),
        finish_reason: chunk.finish_reason(),
        input_tokens: chunk.input_tokens(),
        output_tokens: chunk.output_tokens(),
        is_last: false,
    })
}

fn refusal(refusal: Refusal) -> ModelError {
    match error_code(&refusal.body).unwrap_or_default() {
        "context_length_exceeded" | "exceed_context_size_error" => ModelError::ContextTooLong,
        "content_filter" | "content_policy_violation" => ModelError::ContentFiltered,
        // A used-up account answers 429, too, but no waiting helps.
        code @ "insufficient_quota" => ModelError::Refused { status: refusal.status.as_u16(), code: code.to_owned() },
        code => refusal.by_status(code),
    }
}
