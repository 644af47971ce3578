//! A page of a conversation, filled from one end.

use super::answer::Room;
use crate::conversation::{Branches, ClientMetadata, Part, Role, join_parts, text_bytes};
use crate::db::{Piece, StoredMessage};
use crate::protocol::{HistoryMessage, MessageMetadata, ReplyMetadata, json_bytes, json_length};
use crate::turn::Ending;

/// The size of a part beside its text, in bytes.
const BYTES_PER_PART: usize = 40;

/// A page that is being filled.
pub struct Page<'a> {
    branches: &'a Branches,
    limit: usize,
    room: Room,
    is_empty: bool,
    // In the order in which they were added.
    messages: Vec<HistoryMessage>,
}

impl<'a> Page<'a> {
    /// An empty page for at most `limit` messages.
    pub fn new(branches: &'a Branches, limit: usize, bytes: usize) -> Self {
        Self { branches, limit, room: Room::new(bytes), is_empty: true, messages: Vec::new() }
    }

    /// How many more messages there is room for.
    pub fn room(&self) -> usize {
        self.limit - self.messages.len()
    }

    /// The page's messages in the order in which they were added.
    pub fn into_messages(self) -> Vec<HistoryMessage> {
        self.messages
    }

    /// Puts the first `end` bytes of a piece's text before the page's content, as far as there is room. If some are
    /// left, returns how many as an error.
    pub fn put_before(&mut self, piece: &Piece, end: usize) -> Result<(), usize> {
        if !self.has_message(piece) {
            return Err(end);
        }
        let start = self.last_that_fit(&piece.parts, end);
        let parts = between(&piece.parts, start, end);
        if let Some(message) = self.messages.last_mut() {
            let later = std::mem::take(&mut message.parts);
            message.parts = join_parts(parts.into_iter().chain(later));
        }
        if start == 0 { Ok(()) } else { Err(start) }
    }

    /// Puts a piece's text from byte `start` on after the page's content, as far as there is room. If some is left,
    /// returns where it goes on as an error.
    pub fn put_behind(&mut self, piece: &Piece, start: usize) -> Result<(), usize> {
        if !self.has_message(piece) {
            return Err(start);
        }
        let end = self.first_that_fit(&piece.parts, start);
        let parts = between(&piece.parts, start, end);
        if let Some(message) = self.messages.last_mut() {
            let earlier = std::mem::take(&mut message.parts);
            message.parts = join_parts(earlier.into_iter().chain(parts));
        }
        if end == piece.bytes() { Ok(()) } else { Err(end) }
    }

    // Whether the message of the piece is the last on the page, or could be added.
    fn has_message(&mut self, piece: &Piece) -> bool {
        if self.messages.last().is_some_and(|message| message.id == piece.of.message.id) {
            return true;
        }
        let message = history_message(&piece.of, self.branches);
        let is_first = self.messages.is_empty();
        let fits = self.room() > 0 && (self.room.take(json_length(&message) + 1) || is_first);
        if fits {
            self.messages.push(message);
        }
        fits
    }

    // Where the longest suffix of the first `end` bytes begins that fits.
    fn last_that_fit(&mut self, parts: &[Part], end: usize) -> usize {
        let mut left = text_bytes(parts);
        for part in parts.iter().rev() {
            let text = part.text();
            let first = left - text.len();
            let wanted = text.floor_char_boundary(end.clamp(first, left) - first);
            left = first + wanted;
            if wanted > 0 {
                self.room.spend(BYTES_PER_PART);
            }
            for character in text[..wanted].chars().rev() {
                if !self.takes(character) {
                    return left;
                }
                left -= character.len_utf8();
            }
        }
        0
    }

    // Where the longest prefix of what follows byte `start` ends that fits.
    fn first_that_fit(&mut self, parts: &[Part], start: usize) -> usize {
        let mut before = 0;
        for part in parts {
            let text = part.text();
            let unwanted = text.floor_char_boundary(start.saturating_sub(before).min(text.len()));
            if unwanted < text.len() {
                self.room.spend(BYTES_PER_PART);
            }
            for (offset, character) in text[unwanted..].char_indices() {
                if !self.takes(character) {
                    return before + unwanted + offset;
                }
            }
            before += text.len();
        }
        before
    }

    // Each page has at least one character, so that paging terminates.
    fn takes(&mut self, character: char) -> bool {
        let takes = self.room.take(json_bytes(character)) || self.is_empty;
        self.is_empty &= !takes;
        takes
    }
}

// The parts between two byte offsets of their text.
fn between(parts: &[Part], start: usize, end: usize) -> Vec<Part> {
    let mut before = 0;
    let piece = |part: &Part| {
        let text = part.text();
        let within = |byte: usize| text.floor_char_boundary(byte.saturating_sub(before).min(text.len()));
        let piece = &text[within(start)..within(end)];
        before += text.len();
        (!piece.is_empty()).then(|| part.with_text(piece.to_owned()))
    };
    parts.iter().filter_map(piece).collect()
}

/// A message without its parts, as clients get it.
pub fn history_message(written: &StoredMessage, branches: &Branches) -> HistoryMessage {
    let message = written.message.clone();
    let siblings = branches.siblings(&message.id, message.parent_id.as_ref());
    HistoryMessage {
        role: message.role,
        parts: Vec::new(),
        metadata: MessageMetadata {
            created_at: message.created_at,
            status: message.status,
            parent_id: message.parent_id,
            sibling_index: siblings.as_ref().map(|siblings| siblings.index),
            sibling_count: siblings.as_ref().map(|siblings| siblings.count),
            siblings: siblings.map(|siblings| siblings.around).unwrap_or_default(),
            client_id: message.client_id,
            reply: ReplyMetadata {
                model: message.model,
                usage: message.usage,
                cost: message.cost,
                timings: message.timings,
            },
            finish_reason: match written.ending {
                Some(Ending::Complete(reason)) if message.role == Role::Assistant => Some(reason),
                _ => None,
            },
            error: match written.ending {
                Some(Ending::Failed(code)) => Some(code),
                _ => None,
            },
            feedback: message.feedback,
            client: message.client_metadata.map(ClientMetadata::into_fields).unwrap_or_default(),
        },
        id: message.id,
    }
}
