//! What a model says: told apart into thoughts and answer, without what it says twice, and within the bounds of a reply.

use std::collections::VecDeque;

use super::repetition::Repetition;
use super::reply_bounds::ReplyBounds;
use super::thoughts::{Piece, ThoughtReader};
use super::{CallLimits, Delta};

/// What was said so far, as far as more depends on it.
pub struct Speech {
    repetition: Repetition,
    reader: ThoughtReader,
    bounds: ReplyBounds,
    ready: VecDeque<Delta>,
    // Where the thoughts are found. Some servers have them in two places, of which the first counts.
    thoughts: Option<ThoughtSource>,
    // What came as thought and as answer at once, as long as there is no other answer.
    mirrored: String,
    has_answered: bool,
    is_full: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum ThoughtSource {
    // A field of their own.
    Field,
    // Between marks in the text.
    Text,
}

impl Speech {
    /// Nothing yet, of a reply within these limits.
    pub fn new(limits: CallLimits) -> Self {
        Self {
            repetition: Repetition::default(),
            reader: ThoughtReader::default(),
            bounds: ReplyBounds::new(limits),
            ready: VecDeque::new(),
            thoughts: None,
            mirrored: String::new(),
            has_answered: false,
            is_full: false,
        }
    }

    /// Hears more. `is_end` if the server says with it that the reply ends.
    pub fn hear(&mut self, reasoning: String, text: String, is_end: bool) {
        let text = match text == reasoning {
            true => {
                if !self.has_answered {
                    self.mirrored.push_str(&text);
                }
                String::new()
            }
            false => text,
        };
        let text = self.repetition.read_piece(text, is_end);
        self.think(reasoning, ThoughtSource::Field);
        self.read(text);
    }

    /// Hears the whole message, once more or at once.
    pub fn hear_whole(&mut self, reasoning: String, text: &str) {
        let text = self.repetition.read_whole(text);
        if self.thoughts.is_none() {
            self.think(reasoning, ThoughtSource::Field);
        }
        self.read(text);
    }

    /// Nothing more comes: what was held back is said. Of a reply that is whole, what was thought and said at once was the answer if
    /// there is no other.
    pub fn finish(&mut self, is_whole: bool) {
        if let Some(piece) = self.reader.finish() {
            self.take(piece);
        }
        let mirrored = std::mem::take(&mut self.mirrored);
        if is_whole && !self.has_answered {
            self.say(Delta::Text(mirrored));
        }
    }

    /// The next delta.
    pub fn next(&mut self) -> Option<Delta> {
        self.ready.pop_front()
    }

    /// Deltas are there.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// There were thoughts.
    pub fn has_thought(&self) -> bool {
        self.thoughts.is_some()
    }

    /// There was an answer, or part of one.
    pub fn has_answered(&self) -> bool {
        self.has_answered
    }

    /// The reply has reached its bounds.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    fn read(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        let mut reader = std::mem::take(&mut self.reader);
        reader.read(text, |piece| self.take(piece));
        self.reader = reader;
    }

    fn take(&mut self, piece: Piece) {
        match piece {
            Piece::Thought(text) => self.think(text, ThoughtSource::Text),
            Piece::Answer(text) => self.say(Delta::Text(text)),
        }
    }

    fn think(&mut self, text: String, source: ThoughtSource) {
        if !text.is_empty() && *self.thoughts.get_or_insert(source) == source {
            self.say(Delta::Reasoning(text));
        }
    }

    fn say(&mut self, mut delta: Delta) {
        if self.is_full {
            return;
        }
        self.is_full = self.bounds.reach(&mut delta);
        let (Delta::Text(text) | Delta::Reasoning(text)) = &delta else { return };
        if text.is_empty() {
            return;
        }
        self.has_answered |= matches!(delta, Delta::Text(_)) && !text.trim().is_empty();
        self.ready.push_back(delta);
    }
}
