//! Log lines in JSON, as Lambda's `LogFormat: JSON` has functions write them, made readable.

use std::fmt;

use serde_json::{Map, Value};

use crate::console::Tone;

/// What every line would repeat: the time, the request and the trace, which the terminal shows elsewhere or not at all; and
/// which of its fields are metrics.
const SHOWN_ELSEWHERE: [&str; 11] = [
    "AWSRequestId",
    "_aws",
    "fields",
    "level",
    "message",
    "requestId",
    "span",
    "spans",
    "timestamp",
    "xRayTraceId",
    "xrayTraceId",
];

/// A line that was JSON.
#[derive(Debug)]
pub struct LogLine {
    /// The request that it names.
    pub request: Option<String>,
    level: String,
    message: String,
    fields: Vec<(String, Value)>,
}

impl LogLine {
    /// Reads a line of `tracing` (fields under `fields`, spans under `spans`) or of another runtime (all in one object).
    /// `None` if it is not one.
    pub fn parse(line: &str) -> Option<Self> {
        let whole: Map<String, Value> = line.starts_with('{').then(|| serde_json::from_str(line).ok())??;
        let own = whole.get("fields").and_then(Value::as_object).unwrap_or(&whole);
        let message = own.get("message").or_else(|| whole.get("message"))?;
        let spans = whole.get("spans").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
        // The name of a span is that of a place in the code.
        let outer = spans.flatten().filter(|(name, _)| *name != "name");
        let fields = own.iter().chain(outer).filter(|(name, _)| !SHOWN_ELSEWHERE.contains(&name.as_str()));
        let request = ["requestId", "AWSRequestId"].iter().find_map(|name| whole.get(*name)).and_then(Value::as_str);
        Some(Self {
            request: request.map(str::to_owned),
            level: whole.get("level").and_then(Value::as_str).unwrap_or_default().to_owned(),
            message: plain(message),
            fields: fields.map(|(name, value)| (name.clone(), value.clone())).collect(),
        })
    }

    /// How it is to be shown.
    pub fn tone(&self) -> Tone {
        match self.level.to_ascii_uppercase().as_str() {
            "ERROR" | "FATAL" => Tone::Error,
            "WARN" | "WARNING" => Tone::Warning,
            "DEBUG" | "TRACE" => Tone::Quiet,
            _ => Tone::Plain,
        }
    }
}

/// `INFO  message  name=value …`
impl fmt::Display for LogLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:<5} {}", self.level, self.message)?;
        self.fields.iter().try_for_each(|(name, value)| write!(formatter, " {name}={}", plain(value)))
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if !text.contains('\n') => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Option<String> {
        LogLine::parse(line).map(|line| line.to_string())
    }

    #[test]
    fn lines_of_tracing_show_level_message_and_fields() {
        let line = r#"{"level":"INFO","fields":{"message":"turn ended","turn":"t1","tokens":12},"span":{"name":"invoke"},
            "spans":[{"requestId":"r","xrayTraceId":"x","name":"Lambda runtime invoke"},{"user":"alice","name":"turn"}]}"#;
        assert_eq!(shown(&line.replace('\n', "")).unwrap(), "INFO  turn ended tokens=12 turn=t1 user=alice");
    }

    #[test]
    fn lines_of_other_runtimes_show_the_same() {
        let line =
            r#"{"timestamp":"2026-01-01T00:00:00Z","level":"ERROR","requestId":"r","message":"no such key","key":"a"}"#;
        assert_eq!(shown(line).unwrap(), "ERROR no such key key=a");
        let line = LogLine::parse(line).unwrap();
        assert_eq!((line.tone(), line.request.as_deref()), (Tone::Error, Some("r")));
    }

    #[test]
    fn what_is_no_such_line_is_left_as_it_is() {
        for line in ["plain", "{", r#"{"a": 1}"#, "[1]"] {
            assert_eq!(shown(line), None, "{line}");
        }
    }
}
