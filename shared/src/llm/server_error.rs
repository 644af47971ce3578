//! Classifies a server's error, whatever its form: the body of a rejection, an event of its stream, or a body with
//! status 200.
//!
//! Its text is dropped: it may quote the conversation or the key. It is classified by phrases of the known servers.

use std::time::Duration;

use serde_json::Value;

use super::ModelError;
use super::error_phrases::{
    DEMANDS, EXCESSES, FILTERED, KEY_REFUSED, NO_CACHE_POINTS, NO_EFFORT, NO_ENCRYPTED_REASONING, NO_PICTURES,
    NO_REASONING_SETTINGS, NO_RETURNED_REASONING, NO_STORAGE, NO_STRICT_SCHEMAS, NO_SUMMARIES, NO_SYSTEM_ROLE,
    NO_TOOL_CHOICE, OVERLOADED, PICTURES, REASONING, SIZES, TOO_LONG, TOOLS, UNKNOWN, UNSUPPORTED, USED_UP,
};
use super::model_error::{Misconfiguration, Objection};
use super::retry_after::pause;

/// How many bytes of an error are examined.
const MAX_WORDS: usize = 16 * 1024;

/// An error that a server reports.
pub struct ServerError {
    // Of the answer, or from the report.
    status: Option<u16>,
    // All its texts, in lower case, each on its own line.
    words: String,
}

impl ServerError {
    /// The error in the body of an answer with an error status.
    pub fn of_answer(status: u16, body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(body) => Self { status: Some(status), ..Self::of_json(&body) },
            Err(_) => Self::of_words(Some(status), &String::from_utf8_lossy(body)),
        }
    }

    /// The error in a text.
    pub fn of_words(status: Option<u16>, words: &str) -> Self {
        let words = &words[..words.floor_char_boundary(MAX_WORDS)];
        Self { status, words: words.to_lowercase() }
    }

    /// The error in an event, if it is one. Errors come inside an `error` field, or bare; an event of another declared
    /// type is none, although it may have a message.
    pub fn of_event(event: &Value) -> Option<Self> {
        let event = event.get(0).unwrap_or(event);
        let says_so = |field: &str| event.get(field).is_some_and(|field| !is_nothing(field));
        let kinds: Vec<&str> =
            ["type", "object", "event"].iter().filter_map(|field| event.get(field)?.as_str()).collect();
        let is_error = |kind: &&str| {
            let kind = kind.to_lowercase();
            ["error", "exception", "fail"].iter().any(|word| kind.contains(word))
        };
        let is_bare = kinds.iter().any(is_error)
            || (kinds.is_empty() && ["message", "detail", "msg", "errors", "error_msg"].into_iter().any(says_so));
        (says_so("error") || is_bare).then(|| Self::of_json(event))
    }

    fn of_json(report: &Value) -> Self {
        let mut error = Self { status: None, words: String::new() };
        error.collect("", report);
        error
    }

    fn collect(&mut self, name: &str, value: &Value) {
        match value {
            // The request, quoted.
            _ if name == "input" => {}
            Value::Object(fields) => fields.iter().for_each(|(name, value)| self.collect(name, value)),
            Value::Array(items) => items.iter().for_each(|item| self.collect(name, item)),
            Value::String(text) => {
                if is_status(name) {
                    self.status = self.status.or_else(|| text.parse().ok().filter(is_failure));
                }
                if self.words.len() < MAX_WORDS {
                    // Google's format.
                    self.words.push_str(if name == "retryDelay" { "try again in " } else { "" });
                    self.words.push_str(&text[..text.floor_char_boundary(MAX_WORDS)].to_lowercase());
                    self.words.push('\n');
                }
            }
            Value::Number(number) if is_status(name) => {
                let status = number.as_u64().and_then(|status| u16::try_from(status).ok());
                self.status = self.status.or(status.filter(is_failure));
            }
            _ => {}
        }
    }

    /// Classifies it; `retry_after` from the headers, if they have it.
    pub fn meaning(&self, retry_after: Option<Duration>) -> ModelError {
        let status = self.status;
        let is_request = matches!(status, None | Some(400 | 413 | 422));
        let is_ours = status.is_none_or(|status| (400..500).contains(&status) && status != 429);
        let misconfigured = |what| ModelError::Misconfigured { status, what };
        if status != Some(401) && self.says_too_long(is_request) {
            return ModelError::ContextTooLong;
        }
        if status != Some(401) && status != Some(429) && self.says(FILTERED) {
            return ModelError::ContentFiltered;
        }
        // OpenRouter finds no server of the model that knows tools, llama.cpp has them not switched on, and Bedrock denies
        // access to a cache.
        let is_disguised = |objection: &Objection| match status {
            Some(403) => *objection == Objection::CachePoints,
            Some(404 | 500) => *objection == Objection::Tools,
            _ => false,
        };
        if let Some(objection) = self.objection().filter(|objection| is_request || is_disguised(objection)) {
            return ModelError::Refused { status: status.unwrap_or(400), objection: Some(objection) };
        }
        if status == Some(402) || self.says(USED_UP) {
            return misconfigured(Misconfiguration::AccountUsedUp);
        }
        if status == Some(401) || (is_ours && self.says(KEY_REFUSED)) {
            return misconfigured(Misconfiguration::KeyRefused);
        }
        if is_ours && self.words.contains("model") && (status == Some(404) || self.says(UNKNOWN)) {
            return misconfigured(Misconfiguration::UnknownModel);
        }
        match status {
            Some(403) => misconfigured(Misconfiguration::NoAccess),
            Some(300..400 | 404 | 405) => misconfigured(Misconfiguration::WrongAddress),
            // 498 is Groq's.
            Some(409 | 425 | 429 | 498 | 503 | 529) => self.overloaded(retry_after),
            _ if self.says(OVERLOADED) => self.overloaded(retry_after),
            Some(status @ (408 | 500..)) => ModelError::Unreachable(format!("status {status}")),
            Some(status) => ModelError::Refused { status, objection: None },
            None => ModelError::Fault,
        }
    }

    fn overloaded(&self, retry_after: Option<Duration>) -> ModelError {
        let retry_after = retry_after.or_else(|| self.says_when());
        ModelError::Overloaded { status: self.status.unwrap_or(503), retry_after }
    }

    fn says(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.words.contains(phrase))
    }

    fn says_too_long(&self, is_request: bool) -> bool {
        self.says(TOO_LONG)
            || (is_request
                && self.objection().is_none()
                && self.says(SIZES)
                && self.says(EXCESSES)
                && !self.says(USED_UP)
                && !self.says(OVERLOADED))
    }

    // What the server rejects in the request.
    fn objection(&self) -> Option<Objection> {
        let names = |phrases: &[&str]| self.says(phrases);
        if names(&["stream_options", "stream options", "include_usage"]) {
            return Some(Objection::StreamOptions);
        }
        if names(&[
            "max_tokens",
            "max_completion_tokens",
            "maxtokens",
            "max_output_tokens",
            "maximum tokens",
            "max tokens",
        ]) {
            let numbers = self.words.split(|character: char| !character.is_ascii_digit());
            return Some(Objection::TokenLimit {
                numbers: numbers.filter_map(|number| number.parse().ok()).take(16).collect(),
                other_name: names(&["max_completion_tokens"]),
            });
        }
        if names(NO_SYSTEM_ROLE) {
            return Some(Objection::SystemRole);
        }
        self.objection_to_features()
    }

    // What it rejects of reasoning, and in a request with tools.
    fn objection_to_features(&self) -> Option<Objection> {
        // vLLM's, which is about the choice in words only.
        let is_without_parser = self.words.contains("--enable-auto-tool-choice");
        let is_about_tools = self.says(TOOLS) && self.says(UNSUPPORTED) && !self.words.contains("schema");
        let objections = [
            (self.says(NO_CACHE_POINTS), Objection::CachePoints),
            (self.says(REASONING) && !self.says(DEMANDS), Objection::Reasoning),
            (self.says(NO_RETURNED_REASONING), Objection::Reasoning),
            (self.says(NO_ENCRYPTED_REASONING), Objection::EncryptedReasoning),
            (self.says(NO_SUMMARIES), Objection::Summaries),
            (self.says(NO_EFFORT), Objection::Effort),
            (self.says(NO_REASONING_SETTINGS), Objection::ReasoningSettings),
            (self.says(NO_STORAGE), Objection::Storage),
            (self.says(PICTURES) && self.says(NO_PICTURES), Objection::Pictures),
            (self.says(NO_STRICT_SCHEMAS), Objection::StrictSchemas),
            (self.says(NO_TOOL_CHOICE) && !is_without_parser, Objection::ToolChoice),
            (is_about_tools || is_without_parser, Objection::Tools),
        ];
        objections.into_iter().find_map(|(is_meant, objection)| is_meant.then_some(objection))
    }

    // "Please try again in 6.5s", as OpenAI and Groq write it.
    fn says_when(&self) -> Option<Duration> {
        let (_, rest) =
            ["try again in ", "retry after ", "retry in "].iter().find_map(|words| self.words.split_once(words))?;
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(rest.len());
        let (number, unit) = rest.split_at(end);
        let unit = match unit.trim_start() {
            unit if unit.starts_with("ms") || unit.starts_with("milli") => 0.001,
            unit if unit.starts_with('s') => 1.0,
            unit if unit.starts_with('m') => 60.0,
            _ => return None,
        };
        pause(number.trim_end_matches('.'), unit)
    }
}

fn is_status(name: &str) -> bool {
    matches!(name, "code" | "status" | "status_code" | "statusCode" | "http_status")
}

// The signature is that of a filter.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_failure(status: &u16) -> bool {
    (400..600).contains(status)
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}
