//! One reply: its pieces as OpenAI's chunks, at their times.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use http::header;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::calls::Call;
use super::request::CompletionRequest;
use super::script::{Delta, Fault, Script};

/// A running reply.
#[derive(Debug)]
pub struct Reply {
    id: String,
    model: String,
    created: u64,
    deltas: Vec<Delta>,
    step: usize,
    finish: String,
    fault: Fault,
    /// The last chunk, if the caller asked for usage.
    usage: Value,
    include_usage: bool,
    call: Call,
    started: Instant,
    first: Duration,
    interval: Duration,
    pings: Option<Duration>,
    next_ping: Instant,
    position: usize,
}

/// The error that cuts the connection.
#[derive(Debug, thiserror::Error)]
#[error("the script cuts the connection here")]
struct Cut;

impl Reply {
    /// The reply that a script makes to a request.
    pub fn new(script: &Script, fault: Fault, request: &CompletionRequest, call: Call) -> Self {
        let deltas = script.deltas();
        let (prompt, completion) = (request.prompt_tokens(), deltas.len());
        let started = Instant::now();
        let pings = script.pings.map(Duration::from_millis);
        Self {
            id: format!("chatcmpl-{}", uuid::Uuid::new_v4().simple()),
            model: request.model.clone(),
            created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            deltas,
            step: request.step(),
            finish: script.finish().to_owned(),
            fault,
            usage: json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}),
            include_usage: request.stream_options.as_ref().is_some_and(|options| options.include_usage),
            call,
            started,
            first: Duration::from_millis(script.first_token_ms),
            interval: script.interval(),
            pings,
            next_ping: started + pings.unwrap_or_default(),
            position: 0,
        }
    }

    /// The response in one piece, once it is complete.
    pub async fn whole(self) -> Response {
        sleep_until(self.due(self.deltas.len())).await;
        let (mut reasoning, mut content) = (String::new(), String::new());
        let mut calls: Vec<(&str, String)> = Vec::new();
        for delta in &self.deltas {
            match delta {
                Delta::Reasoning(text) => reasoning.push_str(text),
                Delta::Content(text) => content.push_str(text),
                Delta::Call(_, name) => calls.push((name, String::new())),
                Delta::Arguments(number, text) => {
                    if let Some((_, arguments)) = calls.get_mut(*number) {
                        arguments.push_str(text);
                    }
                }
            }
            self.call.delta();
        }
        let mut message = json!({"role": "assistant", "content": content});
        if !reasoning.is_empty() {
            message["reasoning_content"] = reasoning.into();
        }
        if !calls.is_empty() {
            let call = |(number, (name, arguments)): (usize, (&str, String))| self.tool_call(number, name, &arguments);
            message["tool_calls"] = calls.into_iter().enumerate().map(call).collect();
        }
        let body = json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish}],
            "usage": self.usage,
        });
        self.call.finish();
        Json(body).into_response()
    }

    /// The response as server-sent events. It is polled by the connection, so it ends with it.
    pub fn streamed(self) -> Response {
        let body = Body::from_stream(stream::unfold(Some(self), |reply| async { reply?.next().await }));
        ([(header::CONTENT_TYPE, "text/event-stream; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], body)
            .into_response()
    }

    /// What is sent next, and what is left then.
    async fn next(mut self) -> Option<(Result<Bytes, Cut>, Option<Self>)> {
        let at = self.position;
        let stalled = self.fault.stall_after == Some(at);
        let due = self.due(at);
        if let Some(pings) = self.pings.filter(|_| stalled || self.next_ping < due) {
            sleep_until(self.next_ping).await;
            self.next_ping += pings;
            return Some((Ok(": ping\n\n".into()), Some(self)));
        }
        if stalled {
            return std::future::pending().await;
        }
        sleep_until(due).await;
        if self.fault.cut_after == Some(at) {
            self.call.finish();
            return Some((Err(Cut), None));
        }
        if self.fault.error_after == Some(at) {
            let error =
                json!({"error": {"message": "The script asked for this.", "type": "server_error", "code": 500}});
            self.call.finish();
            return Some((Ok(event(&error)), None));
        }
        self.position += 1;
        match self.deltas.get(at) {
            Some(delta) => {
                let mut delta = match delta {
                    Delta::Reasoning(text) => json!({ "reasoning_content": text }),
                    Delta::Content(text) => json!({ "content": text }),
                    Delta::Call(number, name) => {
                        let mut call = self.tool_call(*number, name, "");
                        call["index"] = (*number).into();
                        json!({ "tool_calls": [call] })
                    }
                    Delta::Arguments(number, text) => {
                        json!({ "tool_calls": [{"index": number, "function": {"arguments": text}}] })
                    }
                };
                if at == 0 {
                    delta["role"] = "assistant".into();
                }
                self.call.delta();
                let chunk = event(&self.chunk(delta, None));
                Some((Ok([self.fault.garbage().as_bytes(), &chunk].concat().into()), Some(self)))
            }
            None => {
                let mut end = event(&self.chunk(json!({}), Some(&self.finish))).to_vec();
                if self.include_usage {
                    let mut chunk = self.chunk(json!({}), None);
                    chunk["choices"] = json!([]);
                    chunk["usage"] = self.usage.clone();
                    end.extend(event(&chunk));
                }
                end.extend(b"data: [DONE]\n\n");
                self.call.finish();
                Some((Ok(end.into()), None))
            }
        }
    }

    /// When the piece at `position` is due. Counted from the beginning, so that it does not drift.
    fn due(&self, position: usize) -> Instant {
        self.started + self.first + self.interval.mul_f64(position as f64)
    }

    /// The call with this number, whose id no other call of the turn has.
    fn tool_call(&self, number: usize, name: &str, arguments: &str) -> Value {
        let id = format!("call_{}_{number}", self.step);
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
    }

    fn chunk(&self, delta: Value, finish: Option<&str>) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        })
    }
}

fn event(data: &Value) -> Bytes {
    format!("data: {data}\n\n").into()
}
