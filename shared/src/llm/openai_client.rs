//! The adapter for servers that speak OpenAI's chat completions: OpenAI, Ollama, vLLM, llama.cpp, OpenRouter and others.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::completion_chunk::{CompletionChunk, error_code};
use super::sse::SseDecoder;
use super::{Delta, DeltaStream, LanguageModel, ModelError, Phase, Prompt, PromptRole};
use crate::conversation::Usage;
use crate::secret::Secret;
use crate::turn::FinishReason;

/// The longest body of an error that is read, in bytes.
const MAX_ERROR_BYTES: usize = 16 * 1024;

/// How long after the reason for the end the usage, which some servers send last, is waited for.
const AFTER_FINISH: Duration = Duration::from_secs(2);

/// How long each phase of a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// To connect, TLS included.
    pub connect: Duration,
    /// From the request to the first token. Keep-alives do not count.
    pub first_token: Duration,
    /// From one token to the next.
    pub next_token: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_token: Duration::from_secs(60),
            next_token: Duration::from_secs(30),
        }
    }
}

/// Where a model is served.
#[derive(Debug, Clone)]
pub struct ModelEndpoint {
    /// The address up to and without `/chat/completions`, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// The key, where the server wants one.
    pub api_key: ApiKey,
    /// How long each phase of a call may take.
    pub limits: TimeLimits,
}

/// How the key of a model is had.
#[derive(Debug, Clone)]
pub enum ApiKey {
    /// The server wants none.
    None,
    /// From the store of secrets, fetched when it is first needed.
    Secret(Arc<Secret>),
}

/// A client of one model.
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

    async fn open(self, prompt: Prompt) -> Result<impl Stream<Item = Result<Delta, ModelError>>, ModelError> {
        let limits = self.endpoint.limits;
        let first_token_by = Instant::now() + limits.first_token;
        let response = timeout_at(first_token_by, self.request(&prompt))
            .await
            .map_err(|_| silent(Phase::FirstToken, limits.first_token))??;
        let transcript = Transcript {
            body: response
                .bytes_stream()
                .map_ok(|bytes| bytes.to_vec())
                .map_err(|error| ModelError::BrokenOff(describe(&error)))
                .boxed(),
            decoder: Some(SseDecoder::default()),
            ready: VecDeque::new(),
            finish_reason: None,
            usage: None,
            limits,
            phase: Phase::FirstToken,
            patient_until: first_token_by,
        };
        Ok(stream::unfold(Some(transcript), |transcript| async {
            let mut transcript = transcript?;
            match transcript.next().await {
                Ok(delta @ Delta::Finish { .. }) => Some((Ok(delta), None)),
                Ok(delta) => Some((Ok(delta), Some(transcript))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }

    async fn request(&self, prompt: &Prompt) -> Result<Response, ModelError> {
        let url = format!("{}/chat/completions", self.endpoint.base_url.trim_end_matches('/'));
        let mut request = self.http.post(url).json(&request_body(&self.endpoint.model, prompt));
        if let ApiKey::Secret(secret) = &self.endpoint.api_key {
            let key = secret.value().await.map_err(|error| ModelError::Unreachable(error.to_string()))?;
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(|error| match error.is_timeout() {
            true => silent(Phase::Connect, self.endpoint.limits.connect),
            false => ModelError::Unreachable(describe(&error)),
        })?;
        if !response.status().is_success() {
            return Err(refusal(response).await);
        }
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        match content_type {
            Some(content_type) if content_type.starts_with("text/event-stream") => Ok(response),
            other => Err(ModelError::Malformed(format!("its type is {other:?}, not text/event-stream"))),
        }
    }
}

impl LanguageModel for OpenAiClient {
    fn name(&self) -> &str {
        &self.endpoint.model
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        stream::once(self.clone().open(prompt)).try_flatten().boxed()
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

/// A reply as it comes in.
struct Transcript {
    body: BoxStream<'static, Result<Vec<u8>, ModelError>>,
    // `None` once the body has ended.
    decoder: Option<SseDecoder>,
    ready: VecDeque<Delta>,
    finish_reason: Option<FinishReason>,
    usage: Option<Usage>,
    limits: TimeLimits,
    phase: Phase,
    patient_until: Instant,
}

impl Transcript {
    async fn next(&mut self) -> Result<Delta, ModelError> {
        loop {
            if let Some(delta) = self.ready.pop_front() {
                return Ok(delta);
            }
            let Some(decoder) = &mut self.decoder else {
                return self.end();
            };
            let mut events = Vec::new();
            match timeout_at(self.patient_until, self.body.next()).await {
                Ok(Some(bytes)) => decoder
                    .feed(&bytes?, |event| events.push(event))
                    .map_err(|error| ModelError::Malformed(error.to_string()))?,
                Ok(None) => events.extend(self.decoder.take().and_then(SseDecoder::finish)),
                Err(_) if self.finish_reason.is_some() => return self.end(),
                Err(_) => return Err(self.silence()),
            }
            for event in events {
                self.read(&event)?;
            }
        }
    }

    fn read(&mut self, event: &str) -> Result<(), ModelError> {
        if event.trim() == "[DONE]" {
            // What follows is not of this reply; a server that never names a reason has come to its end, too.
            self.decoder = None;
            self.finish_reason.get_or_insert(FinishReason::Stop);
            return Ok(());
        }
        let mut chunk: CompletionChunk = serde_json::from_str(event)
            .map_err(|error| ModelError::Malformed(format!("line {}, column {}", error.line(), error.column())))?;
        if let Some(fault) = chunk.fault() {
            return Err(ModelError::Fault(fault.to_owned()));
        }
        for delta in [Delta::Reasoning(chunk.reasoning()), Delta::Text(chunk.text())] {
            match &delta {
                Delta::Reasoning(text) | Delta::Text(text) if text.is_empty() => {}
                _ => {
                    self.ready.push_back(delta);
                    self.phase = Phase::NextToken;
                    self.patient_until = Instant::now() + self.limits.next_token;
                }
            }
        }
        self.usage = chunk.usage().or(self.usage);
        if let Some(reason) = chunk.finish_reason() {
            self.finish_reason = Some(reason);
            self.patient_until = Instant::now() + AFTER_FINISH;
        }
        Ok(())
    }

    fn end(&self) -> Result<Delta, ModelError> {
        let reason = self.finish_reason.ok_or_else(|| ModelError::BrokenOff("it ended without a reason".to_owned()))?;
        Ok(Delta::Finish { reason, usage: self.usage })
    }

    fn silence(&self) -> ModelError {
        match self.phase {
            Phase::NextToken => silent(Phase::NextToken, self.limits.next_token),
            phase => silent(phase, self.limits.first_token),
        }
    }
}

fn silent(phase: Phase, limit: Duration) -> ModelError {
    ModelError::Silent { phase, limit }
}

async fn refusal(response: Response) -> ModelError {
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(Ok(piece)) = pieces.next().await {
        body.extend_from_slice(&piece);
        if body.len() > MAX_ERROR_BYTES {
            break;
        }
    }
    let error: Value = serde_json::from_slice(&body).unwrap_or_default();
    let code = error_code(&error).unwrap_or_default();
    let refused = || ModelError::Refused { status: status.as_u16(), code: code.to_owned() };
    match status {
        _ if code == "context_length_exceeded" || code == "exceed_context_size_error" => ModelError::ContextTooLong,
        _ if code == "content_filter" || code == "content_policy_violation" => ModelError::ContentFiltered,
        // A used-up account answers 429, too, but no waiting helps.
        StatusCode::TOO_MANY_REQUESTS if code == "insufficient_quota" => refused(),
        _ if matches!(status.as_u16(), 429 | 503 | 529) => {
            ModelError::Overloaded { status: status.as_u16(), retry_after }
        }
        _ if status.is_server_error() => ModelError::Unreachable(format!("status {}", status.as_u16())),
        _ => refused(),
    }
}

// The form in seconds only: a date would have to be compared with a clock that is not ours.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

// reqwest's own text names the address, which may hold a secret in its query; the innermost cause says what went wrong.
fn describe(error: &reqwest::Error) -> String {
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| "the HTTP request failed".to_owned(), ToString::to_string)
}
