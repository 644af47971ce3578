//! One call of a model over HTTP whose answer is a stream of server-sent events.

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::retry_after::retry_after;
use super::sse::SseDecoder;
use crate::http_clients::innermost_cause;
use crate::llm::transcript::{StreamEvent, StreamEvents};
use crate::llm::{CallLimits, ModelError, Phase};

/// The longest body of an error that is read, in bytes.
const MAX_ERROR_BYTES: usize = 16 * 1024;

/// How an adapter speaks with its server.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// The header in which the key goes.
    pub key_header: &'static str,
    /// What stands before the key there.
    pub key_prefix: &'static str,
    /// What the data of an event says.
    pub event: fn(&str) -> Result<StreamEvent, ModelError>,
    /// What an answer without success means.
    pub refusal: fn(Refusal) -> ModelError,
}

/// An answer without success.
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// When to come again, where the server said so.
    pub retry_after: Option<Duration>,
    /// The body; null where it is no JSON.
    pub body: Value,
}

impl Refusal {
    /// What the status means where the body says nothing more; `code` is the server's own.
    pub fn by_status(&self, code: &str) -> ModelError {
        let status = self.status.as_u16();
        match status {
            429 | 503 | 529 => ModelError::Overloaded { status, retry_after: self.retry_after },
            500.. => ModelError::Unreachable(format!("status {status}")),
            _ => ModelError::Refused { status, code: code.to_owned() },
        }
    }
}

/// Sends `request` and reads the events of its answer.
pub async fn open(request: RequestBuilder, limits: CallLimits, dialect: Dialect) -> Result<StreamEvents, ModelError> {
    let response = request.send().await.map_err(|error| match error.is_timeout() {
        true => ModelError::Silent { phase: Phase::Connect, limit: limits.connect },
        false => ModelError::Unreachable(innermost_cause(&error)),
    })?;
    read(response, dialect).await
}

/// Reads the events of an answer.
pub async fn read(response: Response, dialect: Dialect) -> Result<StreamEvents, ModelError> {
    if !response.status().is_success() {
        return Err((dialect.refusal)(refusal(response).await));
    }
    match header(&response, CONTENT_TYPE.as_str()) {
        Some(content_type) if content_type.starts_with("text/event-stream") => Ok(events(response, dialect.event)),
        other => Err(ModelError::Malformed(format!("its type is {other:?}, not text/event-stream"))),
    }
}

/// Reads the JSON of an event. The error says where it makes no sense, never what it says.
pub fn json<'a, T: serde::Deserialize<'a>>(event: &'a str) -> Result<T, ModelError> {
    serde_json::from_str(event)
        .map_err(|error| ModelError::Malformed(format!("line {}, column {}", error.line(), error.column())))
}

fn events(response: Response, event: fn(&str) -> Result<StreamEvent, ModelError>) -> StreamEvents {
    let source =
        EventSource { response, decoder: SseDecoder::default(), event, ready: VecDeque::new(), has_ended: false };
    stream::unfold(source, async |mut source| source.next().await.map(|event| (event, source))).boxed()
}

struct EventSource {
    response: Response,
    decoder: SseDecoder,
    event: fn(&str) -> Result<StreamEvent, ModelError>,
    // One piece may hold several events.
    ready: VecDeque<Result<StreamEvent, ModelError>>,
    has_ended: bool,
}

impl EventSource {
    async fn next(&mut self) -> Option<Result<StreamEvent, ModelError>> {
        while self.ready.is_empty() && !self.has_ended {
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.feed(&bytes),
                Ok(None) => self.finish(),
                Err(error) => self.ready.push_back(Err(ModelError::BrokenOff(innermost_cause(&error)))),
            }
        }
        self.ready.pop_front()
    }

    fn feed(&mut self, bytes: &[u8]) {
        let Self { decoder, event, ready, .. } = self;
        if let Err(error) = decoder.feed(bytes, |data| ready.push_back(event(data))) {
            ready.push_back(Err(ModelError::Malformed(error.to_string())));
        }
    }

    // The last event may lack its end because the server forgot it, or because the stream was cut.
    fn finish(&mut self) {
        let Self { decoder, event, ready, .. } = self;
        std::mem::take(decoder).finish(|data| {
            ready.push_back(event(data).map_err(|error| match error {
                ModelError::Malformed(_) => ModelError::BrokenOff("in the middle of an event".to_owned()),
                error => error,
            }));
        });
        self.has_ended = true;
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

async fn refusal(mut response: Response) -> Refusal {
    let status = response.status();
    let retry_after = retry_after(|name| header(&response, name));
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() > MAX_ERROR_BYTES {
            break;
        }
    }
    Refusal { status, retry_after, body: serde_json::from_slice(&body).unwrap_or_default() }
}
