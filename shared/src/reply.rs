//! A reply in progress: its parts so far, and how it ended.

use std::time::Duration;

use crate::conversation::{MessageId, Part, Timings, Usage, content_of, join_parts, millis};
use crate::turn::Ending;

/// A position in a reply: after this many bytes of the text of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplyPosition {
    /// The part's number.
    pub part: usize,
    /// Bytes of its text.
    pub offset: usize,
}

/// A reply in progress. Its parts only grow at the end, so a position in it stays valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The message it becomes.
    pub message_id: MessageId,
    /// What is written so far.
    pub parts: Vec<Part>,
    /// How it ended; `None` while it is being written.
    pub ending: Option<Ending>,
    /// What the client gets to read of a failure, beside the code's sentence.
    pub explanation: Option<String>,
    /// The end is stored. Only then is it sent to clients.
    pub durable: bool,
    /// The model that writes it.
    pub model: Option<String>,
    /// The model's token counts.
    pub usage: Option<Usage>,
    /// What these cost, in US dollars, if the model's price is known.
    pub cost: Option<f64>,
    /// The time from the model's call to its first token.
    pub first_token: Option<Duration>,
    /// The timings, once it has ended and if there was a token.
    pub timings: Option<Timings>,
}

impl Reply {
    /// An empty reply.
    pub fn new(message_id: MessageId, model: Option<String>) -> Self {
        Self {
            message_id,
            parts: Vec::new(),
            ending: None,
            explanation: None,
            durable: false,
            model,
            usage: None,
            cost: None,
            first_token: None,
            timings: None,
        }
    }

    /// Sets the timings of a reply that ended this long after the model was called.
    pub fn took(&mut self, total: Duration) {
        self.timings = self.first_token.map(|first| Timings { first_token_ms: millis(first), total_ms: millis(total) });
    }

    /// Begins with an empty text part, whose frame is sent while the model is still thinking.
    pub fn expect_text(&mut self) {
        if self.parts.is_empty() {
            self.push_text("");
        }
    }

    /// Whether it has no text yet.
    pub fn is_blank(&self) -> bool {
        self.parts.iter().all(|part| part.text().is_empty())
    }

    /// Adopts the parts that an earlier attempt has stored. Only while it is blank: what clients have received of its
    /// parts stays true.
    pub fn adopt(&mut self, earlier: Vec<Part>) {
        self.parts = join_parts(std::mem::take(&mut self.parts).into_iter().chain(earlier));
    }

    /// Adds to the answer.
    pub fn push_text(&mut self, more: &str) {
        match self.parts.last_mut() {
            Some(Part::Text { text }) => text.push_str(more),
            _ => self.parts.push(Part::Text { text: more.to_owned() }),
        }
    }

    /// Adds to the reasoning.
    pub fn push_reasoning(&mut self, more: &str) {
        match self.parts.last_mut() {
            Some(Part::Reasoning { text }) => text.push_str(more),
            _ => self.parts.push(Part::Reasoning { text: more.to_owned() }),
        }
    }

    /// The position after everything that is written.
    pub fn end(&self) -> ReplyPosition {
        match self.parts.len() {
            0 => ReplyPosition::default(),
            parts => ReplyPosition { part: parts - 1, offset: self.parts[parts - 1].text().len() },
        }
    }

    /// How many bytes of text are written after `position`.
    pub fn bytes_since(&self, position: ReplyPosition) -> usize {
        let parts: usize = self.parts.iter().skip(position.part).map(|part| part.text().len()).sum();
        parts - position.offset
    }

    /// The parts between two positions; the first and the last are cut.
    pub fn between(&self, from: ReplyPosition, to: ReplyPosition) -> Vec<Part> {
        let piece = |(number, part): (usize, &Part)| {
            let start = if number == from.part { from.offset } else { 0 };
            let end = if number == to.part { to.offset } else { part.text().len() };
            part.with_text(part.text().get(start..end).unwrap_or_default().to_owned())
        };
        let parts = self.parts.iter().enumerate().take(to.part + 1).skip(from.part);
        parts.map(piece).filter(|part| !part.text().is_empty()).collect()
    }

    /// The position at most `bytes` after `from`, between two characters.
    pub fn advance(&self, from: ReplyPosition, bytes: usize) -> ReplyPosition {
        let mut left = bytes;
        let mut position = from;
        while let Some(part) = self.parts.get(position.part) {
            let rest = part.text().len() - position.offset;
            if rest > left || position.part + 1 == self.parts.len() {
                let offset = part.text().floor_char_boundary(position.offset + left.min(rest));
                return ReplyPosition { offset, ..position };
            }
            left -= rest;
            position = ReplyPosition { part: position.part + 1, offset: 0 };
        }
        position
    }

    /// The answer without the reasoning.
    pub fn content(&self) -> String {
        content_of(&self.parts)
    }
}
