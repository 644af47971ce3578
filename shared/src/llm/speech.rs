//! Splits a model's output into reasoning, answer and calls, without repetitions, and within the limits of a reply.

use std::collections::VecDeque;

use serde_json::Value;

use super::repetition::Repetition;
use super::reply_bounds::ReplyBounds;
use super::thoughts::{Piece, ThoughtReader};
use super::tool_calls::{CallDelta, ToolCalls};
use super::{CallLimits, Delta};
use crate::conversation::{MAX_SOURCES, Source};

/// The most bytes of a provider's data, as JSON. It is stored in one piece.
const MAX_PROVIDER_DATA_BYTES: usize = 64 * 1024;

/// The state that further output depends on.
pub struct Speech {
    repetition: Repetition,
    reader: ThoughtReader,
    bounds: ReplyBounds,
    calls: ToolCalls,
    ready: VecDeque<Delta>,
    // Output received within a call, emitted after it.
    after_call: VecDeque<Delta>,
    // Held until the end, so that they split no text.
    sources: Vec<Source>,
    // No text came since the last delta of a call. Space there is no answer.
    is_after_call: bool,
    keeps_provider_data: bool,
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
    /// The start of a reply with these limits. Provider data is emitted only if the caller continues the reply.
    pub fn new(limits: CallLimits, keeps_provider_data: bool) -> Self {
        Self {
            repetition: Repetition::default(),
            reader: ThoughtReader::default(),
            bounds: ReplyBounds::new(limits),
            calls: ToolCalls::default(),
            ready: VecDeque::new(),
            after_call: VecDeque::new(),
            sources: Vec::new(),
            is_after_call: false,
            keeps_provider_data,
            thoughts: None,
            mirrored: String::new(),
            has_answered: false,
            is_full: false,
        }
    }

    /// Takes more output. `is_end` if the server marks the end of the reply with it.
    pub fn hear(&mut self, reasoning: String, provider_data: Option<Value>, text: String, is_end: bool) {
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
        self.keep(provider_data);
        self.read(text);
    }

    /// Takes the whole message, repeated or at once.
    pub fn hear_whole(&mut self, reasoning: String, provider_data: Option<Value>, text: &str) {
        let text = self.repetition.read_whole(text);
        if self.thoughts.is_none() {
            self.think(reasoning, ThoughtSource::Field);
            self.keep(provider_data);
        }
        self.read(text);
    }

    /// Takes deltas of calls. Those of a whole message are repetitions if there were any before. Returns whether any is
    /// new.
    pub fn hear_calls(&mut self, deltas: Vec<CallDelta>, are_whole: bool) -> bool {
        let is_repeated = are_whole && self.calls.exist();
        let mut deltas = deltas.into_iter().filter(|delta| !delta.is_empty() && !is_repeated).peekable();
        if deltas.peek().is_none() {
            return false;
        }
        // Buffered text precedes the call.
        self.take_held();
        deltas.for_each(|delta| self.calls.add(delta));
        self.emit_calls(false);
        self.is_after_call = true;
        true
    }

    /// Takes the pages that the answer cites, each once.
    pub fn cite(&mut self, sources: Vec<Source>) {
        for source in sources {
            let is_known = self.sources.iter().any(|known| known.url() == source.url());
            if !is_known && self.sources.len() < MAX_SOURCES {
                self.sources.push(source);
            }
        }
    }

    /// Ends the output: emits what was held back. In a complete reply, what came as reasoning and as answer at once was
    /// the answer if there is no other.
    pub fn finish(&mut self, is_whole: bool) {
        self.take_held();
        if is_whole {
            self.with_calls(|calls, emit| calls.finish(emit));
        }
        let mirrored = std::mem::take(&mut self.mirrored);
        if is_whole && !self.has_answered() {
            self.say(Delta::Text(mirrored));
        }
        self.ready.extend(std::mem::take(&mut self.sources).into_iter().map(Delta::Source));
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

    /// Whether there was an answer or a call, or part of one.
    pub fn has_answered(&self) -> bool {
        self.has_answered || self.has_called()
    }

    /// Whether there was a call.
    pub fn has_called(&self) -> bool {
        self.calls.exist()
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

    fn keep(&mut self, data: Option<Value>) {
        if let Some(data) = data.filter(|_| self.keeps_provider_data)
            && data.to_string().len() <= MAX_PROVIDER_DATA_BYTES
        {
            self.say(Delta::ProviderData(data));
        }
    }

    fn take_held(&mut self) {
        if let Some(piece) = self.reader.finish() {
            self.take(piece);
        }
    }

    fn emit_calls(&mut self, are_followed: bool) {
        self.with_calls(|calls, emit| calls.emit_ready(are_followed, emit));
    }

    fn with_calls(&mut self, act: impl FnOnce(&mut ToolCalls, &mut dyn FnMut(Delta))) {
        let mut calls = std::mem::take(&mut self.calls);
        act(&mut calls, &mut |delta| match delta {
            Delta::ProviderData(data) => self.keep(Some(data)),
            delta => self.say(delta),
        });
        self.calls = calls;
        if !self.calls.are_open() {
            self.ready.append(&mut self.after_call);
        }
    }

    fn say(&mut self, mut delta: Delta) {
        let is_space = matches!(&delta, Delta::Text(text) if text.trim().is_empty());
        if self.is_full || (is_space && self.is_after_call) {
            return;
        }
        self.is_full = self.bounds.reach(&mut delta);
        match &delta {
            Delta::Text(text) | Delta::Reasoning(text) | Delta::ToolInput(text) if text.is_empty() => return,
            Delta::ToolStart { .. } if self.is_full => return,
            Delta::Text(_) => {
                self.is_after_call = false;
                self.has_answered |= !is_space;
            }
            _ => {}
        }
        if self.calls.are_open() {
            self.emit_calls(true);
        }
        match self.calls.are_open() {
            true => self.after_call.push_back(delta),
            false => self.ready.push_back(delta),
        }
    }
}
