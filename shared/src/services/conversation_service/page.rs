//! A page of a conversation, filled from one end.

use super::answer::Room;
use crate::conversation::{Branches, ClientMetadata, Entry, Role, entries_between, join_entries, size_of};
use crate::db::{Piece, StoredMessage};
use crate::protocol::{HistoryMessage, MessageMetadata, ReplyMetadata, fold, json_bytes, json_length};
use crate::turn::Ending;

/// The size of an entry beside its text, in bytes.
const BYTES_PER_ENTRY: usize = 40;

/// A page that is being filled.
pub struct Page<'a> {
    branches: &'a Branches,
    limit: usize,
    room: Room,
    is_empty: bool,
    // In the order in which they were added, each with the entries that are on the page.
    messages: Vec<(HistoryMessage, Vec<Entry>)>,
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
        let fold = |(message, entries): (HistoryMessage, _)| HistoryMessage {
            parts: fold(entries, message.metadata.status.has_ended()),
            ..message
        };
        self.messages.into_iter().map(fold).collect()
    }

    /// Puts the entries before offset `end` of a piece before the page's content, as far as there is room. If some are
    /// left, returns the offset at which they end as an error.
    pub fn put_before(&mut self, piece: &Piece, end: usize) -> Result<(), usize> {
        if !self.has_message(piece) {
            return Err(end);
        }
        let start = self.last_that_fit(&piece.entries, end);
        if let Some((_, entries)) = self.messages.last_mut() {
            let later = std::mem::take(entries);
            *entries = join_entries(entries_between(&piece.entries, start, end).chain(later));
        }
        if start == 0 { Ok(()) } else { Err(start) }
    }

    /// Puts the entries from offset `start` of a piece on after the page's content, as far as there is room. If some are
    /// left, returns the offset at which they begin as an error.
    pub fn put_behind(&mut self, piece: &Piece, start: usize) -> Result<(), usize> {
        if !self.has_message(piece) {
            return Err(start);
        }
        let end = self.first_that_fit(&piece.entries, start);
        if let Some((_, entries)) = self.messages.last_mut() {
            let earlier = std::mem::take(entries);
            *entries = join_entries(earlier.into_iter().chain(entries_between(&piece.entries, start, end)));
        }
        if end == piece.size() { Ok(()) } else { Err(end) }
    }

    // Whether the message of the piece is the last on the page, or could be added.
    fn has_message(&mut self, piece: &Piece) -> bool {
        if self.messages.last().is_some_and(|(message, _)| message.id == piece.of.message.id) {
            return true;
        }
        let message = history_message(&piece.of, self.branches);
        let is_first = self.messages.is_empty();
        let fits = self.room() > 0 && (self.room.take(json_length(&message) + 1) || is_first);
        if fits {
            self.messages.push((message, Vec::new()));
        }
        fits
    }

    // Where the longest suffix of what lies before offset `end` begins that fits.
    fn last_that_fit(&mut self, entries: &[Entry], end: usize) -> usize {
        let mut left = size_of(entries);
        for entry in entries.iter().rev() {
            let first = left - entry.size();
            let wanted = entry.floor(end.clamp(first, left) - first);
            left = first + wanted;
            if wanted > 0 && !entry.grows() {
                if !self.takes_whole(entry) {
                    return left;
                }
            } else if wanted > 0 {
                self.room.spend(BYTES_PER_ENTRY);
            }
            for character in entry.text().get(..wanted).unwrap_or_default().chars().rev() {
                if !self.takes(character) {
                    return left;
                }
                left -= character.len_utf8();
            }
            left = first;
        }
        0
    }

    // Where the longest prefix of what follows offset `start` ends that fits.
    fn first_that_fit(&mut self, entries: &[Entry], start: usize) -> usize {
        let mut before = 0;
        for entry in entries {
            let unwanted = entry.floor(start.saturating_sub(before));
            if unwanted < entry.size() && !entry.grows() {
                if !self.takes_whole(entry) {
                    return before;
                }
            } else if unwanted < entry.size() {
                self.room.spend(BYTES_PER_ENTRY);
            }
            for (offset, character) in entry.text().get(unwanted..).unwrap_or_default().char_indices() {
                if !self.takes(character) {
                    return before + unwanted + offset;
                }
            }
            before += entry.size();
        }
        before
    }

    // An atomic entry is on one page.
    fn takes_whole(&mut self, entry: &Entry) -> bool {
        let bytes = json_length(&fold([entry.clone()], false));
        let takes = self.room.take(bytes) || self.is_empty;
        self.is_empty &= !takes;
        takes
    }

    // Each page has at least one character, so that paging terminates.
    fn takes(&mut self, character: char) -> bool {
        let takes = self.room.take(json_bytes(character)) || self.is_empty;
        self.is_empty &= !takes;
        takes
    }
}

/// A message without its parts, as clients get it.
pub fn history_message(stored: &StoredMessage, branches: &Branches) -> HistoryMessage {
    let message = stored.message.clone();
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
            finish_reason: match stored.ending {
                Some(Ending::Complete(reason)) if message.role == Role::Assistant => Some(reason),
                _ => None,
            },
            error: match stored.ending {
                Some(Ending::Failed(code)) => Some(code),
                _ => None,
            },
            feedback: message.feedback,
            client: message.client_metadata.map(ClientMetadata::into_fields).unwrap_or_default(),
        },
        id: message.id,
    }
}
