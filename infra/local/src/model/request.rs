//! The fields of a chat completions request that this model uses.

use serde::{Deserialize, Serialize};
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
    /// The tools that may be called.
    #[serde(default)]
    pub tools: Vec<OfferedTool>,
}

/// A tool that may be called.
#[derive(Clone, Debug, Deserialize)]
pub struct OfferedTool {
    /// What is known of it.
    pub function: OfferedFunction,
}

/// What is known of a tool.
#[derive(Clone, Debug, Deserialize)]
pub struct OfferedFunction {
    /// Its name.
    pub name: String,
}

/// Options of a streamed response.
#[derive(Clone, Debug, Deserialize)]
pub struct StreamOptions {
    /// Whether the last chunk has the usage.
    #[serde(default)]
    pub include_usage: bool,
}

/// One message.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Message {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// A text, or a list of parts, or nothing.
    #[serde(default)]
    pub content: Value,
    /// The calls of a message of the assistant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<Value>,
    /// The call to which a message of a tool belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
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

    /// Whether the user said it. A picture that a tool returned comes as the user's message, too.
    fn is_said(&self) -> bool {
        let is_picture = |part: &Value| part["type"] == "image_url";
        self.role == "user" && !self.content.as_array().is_some_and(|parts| parts.iter().any(is_picture))
    }
}

impl CompletionRequest {
    /// The user's last message, if it is a script.
    pub fn script(&self) -> Option<String> {
        self.said()?.trim_start().strip_prefix(SCRIPT).map(str::to_owned)
    }

    /// The user's last message. One without a reply may precede it, with an empty line between, where the caller merges consecutive
    /// messages.
    pub fn said(&self) -> Option<String> {
        let last = self.messages.iter().rfind(|message| message.is_said())?.text();
        Some(last.rsplit_once("\n\n").map_or(last.as_str(), |(_, said)| said).to_owned())
    }

    /// How many model calls of this turn have called tools: the number of the step that is due, counted from 0. It follows from the
    /// request alone, so that the same request gets the same answer.
    pub fn step(&self) -> usize {
        self.turn().iter().filter(|message| !message.tool_calls.is_empty()).count()
    }

    /// What the tools of this turn have returned, in their order.
    pub fn results(&self) -> impl Iterator<Item = String> {
        self.turn().iter().filter(|message| message.role == "tool").map(Message::text)
    }

    /// Whether this tool may be called.
    pub fn offers(&self, tool: &str) -> bool {
        self.tools.iter().any(|offered| offered.function.name == tool)
    }

    /// A rough count of the tokens that were sent.
    pub fn prompt_tokens(&self) -> usize {
        self.messages.iter().map(|message| message.text().len().div_ceil(4)).sum()
    }

    /// The messages after the user's last one.
    fn turn(&self) -> &[Message] {
        let said = self.messages.iter().rposition(Message::is_said).map_or(0, |position| position + 1);
        &self.messages[said..]
    }
}
