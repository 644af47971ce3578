//! Scripts by which tests control the model.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// Maximum length of a reply.
const MAX_TOKENS: usize = 1_000_000;

/// Characters in each piece of a call's arguments.
const ARGUMENT_CHARACTERS: usize = 8;

/// Maximum delay of a script, in milliseconds.
const HOUR_MS: u64 = 60 * 60 * 1000;

/// The JSON after `script:`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Script {
    /// The reply, exactly.
    pub text: Option<String>,
    /// Without `text`: this many numbered words, `w0 w1 …`.
    #[serde(default)]
    pub tokens: usize,
    /// The reasoning before the reply.
    #[serde(default)]
    pub reasoning: String,
    /// Characters in each delta; when absent, words of text and 8 characters of arguments.
    pub chunk: Option<usize>,
    /// Deltas per second, 0 for as fast as possible.
    pub rate: Option<f64>,
    /// Milliseconds until the first delta.
    #[serde(default)]
    pub first_token_ms: u64,
    /// Calls of tools behind the text.
    #[serde(default)]
    pub calls: Vec<ScriptedCall>,
    /// One script for each model call of the turn, in place of all else. `chunk` and `rate` hold where a step has none of its own.
    #[serde(default)]
    pub steps: Vec<Script>,
    /// `finish_reason`; when absent `tool_calls` if there are any, else `stop`.
    pub finish: Option<String>,
    /// Milliseconds between comment lines while the model has nothing to say.
    pub pings: Option<u64>,
    /// Only this many calls with this script fail; later ones succeed.
    pub times: Option<u64>,
    /// The fault, for the first `times` calls.
    #[serde(flatten)]
    pub fault: Fault,
}

/// A call of a tool.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedCall {
    /// The tool.
    pub name: String,
    /// Its arguments, none when absent. A text is sent as it is, so that it need not be JSON.
    #[serde(default)]
    pub arguments: Value,
}

impl ScriptedCall {
    fn arguments(&self) -> String {
        match &self.arguments {
            Value::Null => "{}".to_owned(),
            Value::String(text) => text.clone(),
            arguments => arguments.to_string(),
        }
    }
}

/// A fault of a reply.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// The answer is this HTTP status, at once.
    pub status: Option<u16>,
    /// The body of that answer.
    pub body: Option<Value>,
    /// Its header `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// Stalls after this many deltas, with the connection open.
    pub stall_after: Option<usize>,
    /// Closes the connection after this many deltas, in the middle of the body.
    pub cut_after: Option<usize>,
    /// Sends an error object in the stream after this many deltas.
    pub error_after: Option<usize>,
    /// Put before every delta: lines that a decoder must pass over, or the bytes given.
    pub garbage: Option<Garbage>,
}

/// Garbage in a stream.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Garbage {
    /// Comments, unknown fields, lines without a colon, chunks without a choice.
    Usual(bool),
    /// These bytes.
    Given(String),
}

/// A piece of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// `reasoning_content`.
    Reasoning(String),
    /// `content`.
    Content(String),
    /// The beginning of the call with this number, in `tool_calls`.
    Call(usize, String),
    /// A piece of the arguments of the call with this number.
    Arguments(usize, String),
}

impl Script {
    /// Parses a script. The error names what is invalid.
    pub fn parse(text: &str) -> Result<Self, String> {
        let script: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        script.check()?;
        Ok(script)
    }

    fn check(&self) -> Result<(), String> {
        let checks = [
            (self.steps.iter().all(|step| step.steps.is_empty()), "a step has no steps of its own".to_owned()),
            (self.tokens <= MAX_TOKENS, format!("tokens must not be more than {MAX_TOKENS}")),
            (self.chunk != Some(0), "chunk must be at least 1".to_owned()),
            (
                self.rate.is_none_or(|rate| rate == 0.0 || (0.001..=1e6).contains(&rate)),
                "rate must be 0 or lie between 0.001 and 1000000".to_owned(),
            ),
            (self.first_token_ms <= HOUR_MS, format!("firstTokenMs must not be more than {HOUR_MS}")),
            (
                self.pings.is_none_or(|pings| (1..=HOUR_MS).contains(&pings)),
                format!("pings must lie between 1 and {HOUR_MS}"),
            ),
            (
                self.fault.status.is_none_or(|status| (400..=599).contains(&status)),
                "status must lie between 400 and 599".to_owned(),
            ),
        ];
        if let Some((_, complaint)) = checks.into_iter().find(|(holds, _)| !holds) {
            return Err(complaint);
        }
        self.steps.iter().try_for_each(Self::check)
    }

    /// What the model does in the step with this number, counted from 0.
    pub fn step(self, number: usize) -> Result<Self, String> {
        if self.steps.is_empty() {
            return Ok(self);
        }
        let step = self.steps.into_iter().nth(number).ok_or_else(|| format!("it has no step {number}"))?;
        Ok(Self { chunk: step.chunk.or(self.chunk), rate: step.rate.or(self.rate), ..step })
    }

    /// `finish_reason`.
    pub fn finish(&self) -> &str {
        let usual = if self.calls.is_empty() { "stop" } else { "tool_calls" };
        self.finish.as_deref().unwrap_or(usual)
    }

    /// The fault of the `seen`-th call with this script.
    pub fn fault(&self, seen: u64) -> Fault {
        if self.times.is_some_and(|times| seen > times) { Fault::default() } else { self.fault.clone() }
    }

    /// The reply in pieces.
    pub fn deltas(&self) -> Vec<Delta> {
        let text = self
            .text
            .clone()
            .unwrap_or_else(|| (0..self.tokens).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" "));
        let reasoning = pieces(&self.reasoning, self.chunk).map(Delta::Reasoning);
        let calls = self.calls.iter().enumerate().flat_map(|(number, call)| self.deltas_of(number, call));
        reasoning.chain(pieces(&text, self.chunk).map(Delta::Content)).chain(calls).collect()
    }

    fn deltas_of(&self, number: usize, call: &ScriptedCall) -> impl Iterator<Item = Delta> {
        let arguments = pieces(&call.arguments(), Some(self.chunk.unwrap_or(ARGUMENT_CHARACTERS)));
        let arguments = arguments.map(move |piece| Delta::Arguments(number, piece));
        std::iter::once(Delta::Call(number, call.name.clone())).chain(arguments)
    }

    /// The time between two deltas.
    pub fn interval(&self) -> Duration {
        match self.rate.unwrap_or(50.0) {
            0.0 => Duration::ZERO,
            rate => Duration::from_secs_f64(1.0 / rate),
        }
    }
}

impl Fault {
    /// The error response in place of a reply.
    pub fn response(&self) -> Option<Response> {
        let status = StatusCode::from_u16(self.status?).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let usual = || json!({"error": {"message": "The script asked for this.", "type": "scripted", "param": null, "code": null}});
        let mut response = (status, Json(self.body.clone().unwrap_or_else(usual))).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
        }
        Some(response)
    }

    /// What is put before every delta.
    pub fn garbage(&self) -> &str {
        match &self.garbage {
            None | Some(Garbage::Usual(false)) => "",
            Some(Garbage::Usual(true)) => {
                ": comment\r\n\r\nno colon in this line\n\nevent\nid: 7\nretry: never\nunknown: x\n\n\n\ndata: {\"object\":\"other\",\"choices\":[]}\n\n"
            }
            Some(Garbage::Given(bytes)) => bytes,
        }
    }
}

/// `text` in runs of `chunk` characters, or in words with the space behind them.
fn pieces(text: &str, chunk: Option<usize>) -> impl Iterator<Item = String> + use<> {
    let pieces: Vec<String> = match chunk {
        Some(length) => text.chars().collect::<Vec<_>>().chunks(length).map(|run| run.iter().collect()).collect(),
        None => text.split_inclusive(char::is_whitespace).map(str::to_owned).collect(),
    };
    pieces.into_iter()
}

#[cfg(test)]
mod tests;
