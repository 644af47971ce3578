//! A model call over HTTP whose answer is a stream of events.

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use reqwest::{RequestBuilder, Response};
use tokio::task::consume_budget;

use super::answer_body::AnswerBody;
use super::event_reader::{EventReader, ReadEvent};
use crate::http_clients::innermost_cause;
use crate::llm::retry_after::retry_after;
use crate::llm::server_error::ServerError;
use crate::llm::stream_event::{StreamEvent, StreamEvents};
use crate::llm::{CallLimits, ModelError, Phase};

/// The longest body of an error that is read, in bytes.
const MAX_ERROR_BYTES: usize = 16 * 1024;

/// What an adapter's protocol determines of its calls.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// The headers for the key, and the prefix of the key in each.
    pub key_headers: &'static [(&'static str, &'static str)],
    /// Creates a reader for the events of a stream.
    pub reader: fn() -> Box<dyn ReadEvent>,
}

/// Sends `request` and reads the events of its answer.
pub async fn open(request: RequestBuilder, limits: CallLimits, dialect: Dialect) -> Result<StreamEvents, ModelError> {
    // A compressed stream would come in blocks, and not token by token.
    let response =
        request.header(ACCEPT_ENCODING, "identity").send().await.map_err(|error| match error.is_timeout() {
            true => ModelError::Stalled { phase: Phase::Connect, limit: limits.connect },
            false => ModelError::Unreachable(innermost_cause(&error)),
        })?;
    read(response, dialect).await
}

/// Reads the events of an answer. An error in its first event counts as an error of the request.
pub async fn read(response: Response, dialect: Dialect) -> Result<StreamEvents, ModelError> {
    let retry_after = retry_after(|name| header(&response, name));
    if !response.status().is_success() {
        return Err(refusal(response, retry_after).await);
    }
    if header(&response, CONTENT_ENCODING.as_str()).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(ModelError::Malformed("it is compressed".to_owned()));
    }
    let mut source = EventSource {
        response,
        body: AnswerBody::default(),
        reader: EventReader::new((dialect.reader)()),
        ready: VecDeque::new(),
        has_ended: false,
    };
    match source.next().await {
        Some(Err(error)) => return Err(with_pause(error, retry_after)),
        Some(Ok(StreamEvent { failure: Some(error), reasoning, text, .. }))
            if reasoning.is_empty() && text.is_empty() =>
        {
            return Err(with_pause(error, retry_after));
        }
        Some(first) => source.ready.push_front(first),
        None => {}
    }
    Ok(stream::unfold(source, async |mut source| source.next().await.map(|event| (event, source))).boxed())
}

struct EventSource {
    response: Response,
    body: AnswerBody,
    reader: EventReader,
    // One chunk may contain several events.
    ready: VecDeque<Result<StreamEvent, ModelError>>,
    has_ended: bool,
}

impl EventSource {
    async fn next(&mut self) -> Option<Result<StreamEvent, ModelError>> {
        while self.ready.is_empty() && !self.has_ended {
            // A body that is always ready, and yields no events, must not starve everything else.
            consume_budget().await;
            let Self { body, reader, ready, .. } = self;
            match self.response.chunk().await {
                Ok(Some(bytes)) => {
                    if let Err(error) = body.feed(&bytes, |name, data| reader.read(name, data, ready)) {
                        ready.push_back(Err(error));
                    }
                }
                Ok(None) => {
                    std::mem::take(body).finish(|name, data, is_cut| reader.read_last(name, data, is_cut, ready));
                    self.has_ended = true;
                }
                Err(error) => ready.push_back(Err(ModelError::BrokenOff(innermost_cause(&error)))),
            }
        }
        self.ready.pop_front()
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

async fn refusal(mut response: Response, retry_after: Option<Duration>) -> ModelError {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() > MAX_ERROR_BYTES {
            break;
        }
    }
    ServerError::of_answer(status, &body).meaning(retry_after)
}

// For a stream that begins with an overload error, the headers may say when to retry.
fn with_pause(error: ModelError, pause: Option<Duration>) -> ModelError {
    match error {
        ModelError::Overloaded { status, retry_after } => {
            ModelError::Overloaded { status, retry_after: pause.or(retry_after) }
        }
        error => error,
    }
}
