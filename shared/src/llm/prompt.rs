//! What a model is asked: messages of several authors, each of one or more parts.

use std::borrow::Cow;

use serde_json::Value;

use super::{ToolChoice, ToolDefinition, ToolResultContent, ToolResultPart};
use crate::conversation::ReasoningEffort;

/// The input of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Oldest first.
    pub messages: Vec<PromptMessage>,
    /// What the model may call.
    pub tools: Vec<ToolDefinition>,
    /// Whether it calls any.
    pub tool_choice: ToolChoice,
    /// How long the model reasons. `None` leaves it to the model, as does a server that has no such setting.
    pub reasoning_effort: Option<ReasoningEffort>,
}

/// One message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptMessage {
    /// The role of its author.
    pub role: PromptRole,
    /// Its content, in order.
    pub parts: Vec<PromptPart>,
}

/// The role of a message's author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptRole {
    /// The instructions.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// A part of a message.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub enum PromptPart {
    /// Text.
    #[debug("Text({} bytes)", _0.len())]
    Text(String),
    /// Reasoning of the model that is called, in a turn that it continues. Other models ignore it.
    #[debug("Reasoning({} bytes)", text.len())]
    Reasoning {
        /// What it thought.
        text: String,
        /// What [`Delta::ProviderData`](super::Delta::ProviderData) carried behind it, if anything.
        data: Option<Value>,
    },
    /// A call, in a message of the model.
    #[debug("ToolCall({tool}, {} bytes)", input.to_string().len())]
    ToolCall {
        /// Its id, unique in the prompt.
        call: String,
        /// The name of the tool.
        tool: String,
        /// The arguments.
        input: Value,
    },
    /// The result of a call, in the message of the user behind it.
    #[debug("ToolResult({tool}, {output:?})")]
    ToolResult {
        /// The id of the call.
        call: String,
        /// The name of the tool.
        tool: String,
        /// What the call has come to.
        output: ToolResultContent,
        /// The call has failed.
        is_error: bool,
    },
}

impl PromptMessage {
    /// A message of one text.
    pub fn text(role: PromptRole, text: impl Into<String>) -> Self {
        Self { role, parts: vec![PromptPart::Text(text.into())] }
    }

    /// The texts in it, separated by blank lines.
    pub fn content(&self) -> Cow<'_, str> {
        match &self.parts[..] {
            [PromptPart::Text(text)] => Cow::Borrowed(text),
            parts => Cow::Owned(parts.iter().filter_map(PromptPart::as_text).collect::<Vec<_>>().join("\n\n")),
        }
    }

    /// The author's role as most protocols name it. Instructions are kept apart there.
    pub(super) fn author(&self) -> &'static str {
        if self.role == PromptRole::Assistant { "assistant" } else { "user" }
    }

    /// Whether there is anything but text in it.
    pub(super) fn has_more_than_text(&self) -> bool {
        self.parts.iter().any(|part| part.as_text().is_none())
    }

    /// Whether there are calls in it.
    pub(super) fn has_calls(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, PromptPart::ToolCall { .. }))
    }

    /// Adds the parts of a message by the same author.
    pub(super) fn append(&mut self, parts: Vec<PromptPart>) {
        self.parts.extend(parts.into_iter().map(PromptPart::trimmed));
    }
}

impl PromptPart {
    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            PromptPart::Text(text) => Some(text),
            _ => None,
        }
    }

    /// About how many bytes of it a model reads. A picture counts as a thousand tokens, whatever its size.
    pub fn bytes(&self) -> usize {
        const PICTURE: usize = 4_000;
        match self {
            PromptPart::Text(text) => text.len(),
            PromptPart::Reasoning { text, .. } => text.len(),
            PromptPart::ToolCall { tool, input, .. } => tool.len().saturating_add(input.to_string().len()),
            PromptPart::ToolResult { output, .. } => match output {
                ToolResultContent::Text(text) => text.len(),
                ToolResultContent::Json(value) => value.to_string().len(),
                ToolResultContent::Parts(parts) => parts
                    .iter()
                    .map(|part| match part {
                        ToolResultPart::Text(text) => text.len(),
                        ToolResultPart::Image { .. } => PICTURE,
                    })
                    .fold(0, usize::saturating_add),
            },
        }
    }

    /// The part without the space around it.
    pub fn trimmed(self) -> Self {
        match self {
            PromptPart::Text(text) => PromptPart::Text(text.trim().to_owned()),
            other => other,
        }
    }

    /// Whether there is nothing in it that a model could read.
    pub fn is_blank(&self) -> bool {
        match self {
            PromptPart::Text(text) | PromptPart::Reasoning { text, data: None } => text.trim().is_empty(),
            _ => false,
        }
    }
}

/// Adds a message, or its parts to the last message if that has the same author. Without parts there is nothing to add.
pub(super) fn add_message(messages: &mut Vec<PromptMessage>, role: PromptRole, parts: Vec<PromptPart>) {
    match messages.last_mut() {
        _ if parts.is_empty() => {}
        Some(last) if last.role == role => last.append(parts),
        _ => messages.push(PromptMessage { role, parts }),
    }
}
