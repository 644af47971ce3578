//! What a model is asked: messages of several authors, each of one or more parts.

use std::borrow::Cow;

/// The input of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Oldest first.
    pub messages: Vec<PromptMessage>,
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
}

impl PromptMessage {
    /// A message of one text.
    pub fn text(role: PromptRole, text: impl Into<String>) -> Self {
        Self { role, parts: vec![PromptPart::Text(text.into())] }
    }

    /// The text of all parts, separated by blank lines.
    pub fn content(&self) -> Cow<'_, str> {
        match &self.parts[..] {
            [PromptPart::Text(text)] => Cow::Borrowed(text),
            parts => {
                let texts = parts.iter().map(|PromptPart::Text(text)| text.as_str());
                Cow::Owned(texts.collect::<Vec<_>>().join("\n\n"))
            }
        }
    }
}

impl PromptPart {
    /// The part without the space around it.
    pub fn trimmed(self) -> Self {
        let PromptPart::Text(text) = self;
        PromptPart::Text(text.trim().to_owned())
    }

    /// Whether there is nothing in it that a model could read.
    pub fn is_blank(&self) -> bool {
        let PromptPart::Text(text) = self;
        text.trim().is_empty()
    }
}
