//! Splits a model's output into reasoning and answer, without repetitions, and within the limits of a reply.

use std::collections::VecDeque;

use super::repetition::Repetition;
use super::reply_bounds::ReplyBounds;
use super::thoughts::{Piece, ThoughtReader};
use super::{CallLimits, Delta};

/// The state that further output depends on.
pub struct Speech {
    repetition: Repetition,
    reader: ThoughtReader,
    bounds: ReplyBounds,
    ready: VecDeque<Delta>,
    // Where the reasoning comes from. Some servers send it twice, in two places, of which the first counts.
    thoughts: Option<ThoughtSource>,
    // What came as reasoning and as answer at once, while there is no other answer.
    mirrored: String,
    has_answered: bool,
    is_full: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum ThoughtSource {
    // A field of its own.
    Field,
    // Between marks in the text.
    Text,
}

impl Speech {
    /// The start of a reply with these limits.
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

    /// Takes more output. `is_end` if the server marks the end of the reply with it.
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

    /// Takes the whole message, repeated or at once.
    pub fn hear_whole(&mut self, reasoning: String, text: &str) {
        let text = self.repetition.read_whole(text);
        if self.thoughts.is_none() {
            self.think(reasoning, ThoughtSource::Field);
        }
        self.read(text);
    }

    /// Ends the output: emits what was held back. In a complete reply, what came as reasoning and as answer at once was
    /// the answer if there is no other.
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

    /// Whether there are deltas.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether there was reasoning.
    pub fn has_thought(&self) -> bool {
        self.thoughts.is_some()
    }

    /// Whether there was an answer, or part of one.
    pub fn has_answered(&self) -> bool {
        self.has_answered
    }

    /// Whether the limits are reached.
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
