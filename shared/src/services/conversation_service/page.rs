//! A page of a conversation, filled from its newest message back.

use crate::conversation::{Branches, MessageId, Part, join_parts};
use crate::db::{Piece, Written};
use crate::protocol::{HistoryMessage, MessageMetadata, ReplyMetadata, json_bytes};
use crate::turn::Ending;

/// The most JSON of one page. A post takes 128 KB.
const MAX_PAGE_BYTES: usize = 96 * 1024;

/// What a part takes beside its text.
const BYTES_PER_PART: usize = 40;

/// A page that is being filled.
pub struct Page<'a> {
    branches: &'a Branches,
    limit: usize,
    bytes: usize,
    // Newest first.
    messages: Vec<HistoryMessage>,
}

/// What became of a piece.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is on the page.
    Whole,
    /// The page is full. So many bytes of the piece's text, counted from its end, are on it.
    Full(usize),
}

impl<'a> Page<'a> {
    /// An empty page for at most `limit` messages.
    pub fn new(branches: &'a Branches, limit: usize) -> Self {
        Self { branches, limit, bytes: 0, messages: Vec::new() }
    }

    /// How many more messages there is room for.
    pub fn room(&self) -> usize {
        self.limit - self.messages.len()
    }

    /// The page's messages, oldest first.
    pub fn into_messages(mut self) -> Vec<HistoryMessage> {
        self.messages.reverse();
        self.messages
    }

    /// Puts a piece before what is on the page, without the last `shown` bytes of its text, which the page before had.
    pub fn take(&mut self, piece: &Piece, shown: usize) -> Taken {
        let id = &piece.of.message.id;
        if self.messages.last().is_none_or(|message| message.id != *id) {
            let message = history_message(&piece.of, self.branches);
            let bytes = serde_json::to_vec(&message).map_or(0, |json| json.len());
            if self.room() == 0 || self.bytes + bytes > MAX_PAGE_BYTES {
                return Taken::Full(shown);
            }
            self.bytes += bytes;
            self.messages.push(message);
        }
        let (parts, left_out) = self.fitting(&piece.parts, shown);
        if let Some(message) = self.messages.last_mut() {
            let later = std::mem::take(&mut message.parts);
            message.parts = join_parts(parts.into_iter().chain(later));
        }
        match left_out {
            0 => Taken::Whole,
            left_out => Taken::Full(piece.parts.iter().map(|part| part.text().len()).sum::<usize>() - left_out),
        }
    }

    // The end of `parts` that fits, without the last `shown` bytes, and how many bytes there are before it.
    fn fitting(&mut self, parts: &[Part], shown: usize) -> (Vec<Part>, usize) {
        let mut fitting = Vec::new();
        let (mut to_skip, mut left_out, mut is_full) = (shown, 0, false);
        for part in parts.iter().rev() {
            let text = part.text();
            let end = text.floor_char_boundary(text.len().saturating_sub(to_skip));
            to_skip = to_skip.saturating_sub(text.len());
            let start = if is_full { end } else { end - self.ending_within(&text[..end]) };
            is_full |= start > 0;
            left_out += start;
            if start < end {
                fitting.push(part.with_text(text[start..end].to_owned()));
            }
        }
        fitting.reverse();
        (fitting, left_out)
    }

    // How many bytes the longest ending of `text` has for which there is room. The room is taken.
    fn ending_within(&mut self, text: &str) -> usize {
        let mut taken = 0;
        self.bytes += BYTES_PER_PART;
        for character in text.chars().rev() {
            if self.bytes + json_bytes(character) > MAX_PAGE_BYTES {
                break;
            }
            self.bytes += json_bytes(character);
            taken += character.len_utf8();
        }
        taken
    }
}

/// A message without its parts, as a client has it.
pub fn history_message(written: &Written, branches: &Branches) -> HistoryMessage {
    let message = written.message.clone();
    let siblings: Vec<MessageId> = branches.siblings(&message.id, message.parent_id.as_ref());
    HistoryMessage {
        role: message.role,
        parts: Vec::new(),
        metadata: MessageMetadata {
            created_at: message.created_at,
            status: message.status,
            parent_id: message.parent_id,
            siblings,
            client_id: message.client_id,
            reply: ReplyMetadata {
                model: message.model,
                usage: message.usage,
                cost: message.cost,
                timings: message.timings,
            },
            finish_reason: match written.ending {
                Some(Ending::Complete(reason)) => Some(reason),
                _ => None,
            },
            error: match written.ending {
                Some(Ending::Failed(code)) => Some(code),
                _ => None,
            },
            feedback: message.feedback,
        },
        id: message.id,
    }
}
