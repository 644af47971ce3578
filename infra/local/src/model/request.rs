//! The fields of a chat completions request that this model uses.

use serde::Deserialize;
use serde_json::Value;

/// The prefix of a script.
const SCRIPT: &str = "script:";

/// The request.
#[derive(Clone, Debug, Deserialize)]
pub struct CompletionRequest {
    /// The model that was asked for.
    #[serde(default)]
    pub model: String,
    /// The conversation.
    pub messages: Vec<Message>,
    /// Whether the response is streamed.
    #[serde(default)]
    pub stream: bool,
    /// Options of a streamed response.
    #[serde(default)]
    pub stream_options: Option<StreamOptions>,
}

/// Options of a streamed response.
#[derive(Clone, Debug, Deserialize)]
pub struct StreamOptions {
    /// Whether the last chunk has the usage.
    #[serde(default)]
    pub include_usage: bool,
}

/// One message.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// A text, or a list of parts, or nothing.
    #[serde(default)]
    pub content: Value,
}

impl Message {
    /// Its text; of a list of parts, all texts in order.
    pub fn text(&self) -> String {
        match &self.content {
            Value::String(text) => text.clone(),
            Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
            _ => String::new(),
        }
    }
}

impl CompletionRequest {
    /// The user's last message, if it is a script. A message without a reply may precede it, with an empty line between,
    /// where the caller merges consecutive messages.
    pub fn script(&self) -> Option<String> {
        let last = self.messages.iter().rfind(|message| message.role == "user")?.text();
        let said = last.rsplit_once("\n\n").map_or(last.as_str(), |(_, said)| said);
        said.trim_start().strip_prefix(SCRIPT).map(str::to_owned)
    }

    /// A rough count of the tokens that were sent.
    pub fn prompt_tokens(&self) -> usize {
        self.messages.iter().map(|message| message.text().len().div_ceil(4)).sum()
    }
}
