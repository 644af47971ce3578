//! `LoggingConfig` of a function.

use std::fmt;

use serde_json::Value;

/// How a function logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// The form of its lines.
    pub format: LogFormat,
    /// The lowest level that is logged, where the form is JSON.
    pub level: String,
    /// The log group on AWS.
    pub group: String,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// As the function writes them.
    Text,
    /// One JSON object each.
    Json,
}

impl fmt::Display for LogFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text => "Text",
            Self::Json => "JSON",
        })
    }
}

/// Reads it from its resolved value, which is null if absent.
pub(super) fn read(config: &Value, function: &str) -> Logging {
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    Logging {
        format: if text("LogFormat") == Some("JSON") { LogFormat::Json } else { LogFormat::Text },
        level: text("ApplicationLogLevel").unwrap_or("INFO").to_owned(),
        group: text("LogGroup").map_or_else(|| format!("/aws/lambda/{function}"), str::to_owned),
    }
}
