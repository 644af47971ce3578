//! A reply in the making: what is written so far, and how it ended.

use std::time::Duration;

use crate::conversation::{Message, MessageId, Part, Usage, content_of};
use crate::turn::Ending;

/// A reply in the making. Its parts only grow at the end, so a position in it stays valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The message it becomes.
    pub message_id: MessageId,
    /// What is written so far.
    pub parts: Vec<Part>,
    /// How it ended; `None` while it is being written.
    pub ending: Option<Ending>,
    /// The end is stored. Only then is the client told of it.
    pub durable: bool,
    /// The model that writes it.
    pub model: Option<String>,
    /// What the model counted.
    pub usage: Option<Usage>,
    /// From the model's call to its first token, once that came.
    pub first_token: Option<Duration>,
    /// From the model's call to the end.
    pub total: Option<Duration>,
}

impl Reply {
    /// An empty reply.
    pub fn new(message_id: MessageId, model: Option<String>) -> Self {
        Self {
            message_id,
            parts: Vec::new(),
            ending: None,
            durable: false,
            model,
            usage: None,
            first_token: None,
            total: None,
        }
    }

    /// The reply that a stored message is, ended as `ending` says.
    pub fn stored(message: Message, ending: Ending) -> Self {
        Self {
            parts: message.parts,
            ending: Some(ending),
            durable: true,
            usage: message.usage,
            ..Self::new(message.id, message.model)
        }
    }

    /// Adds to the answer.
    pub fn push_text(&mut self, more: &str) {
        match self.parts.last_mut() {
            Some(Part::Text { text }) => text.push_str(more),
            _ => self.parts.push(Part::Text { text: more.to_owned() }),
        }
    }

    /// Adds to the thoughts.
    pub fn push_reasoning(&mut self, more: &str) {
        match self.parts.last_mut() {
            Some(Part::Reasoning { text }) => text.push_str(more),
            _ => self.parts.push(Part::Reasoning { text: more.to_owned() }),
        }
    }

    /// The answer without the thoughts.
    pub fn content(&self) -> String {
        content_of(&self.parts)
    }
}
