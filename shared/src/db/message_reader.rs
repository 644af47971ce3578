//! The trait of a reader of messages, piece by piece in either direction.

use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;

use super::error::StoreError;
use super::stored_message::StoredMessage;
use crate::conversation::{ConversationId, Entry, MessageId, Tip, UserId, join_entries, size_of};

/// Reads the messages of a conversation. Reading terminates whatever is stored: each answer says where the examined items end, even
/// if none of them belongs to a message.
#[async_trait]
pub trait MessageReader: Send + Sync {
    /// Reads pieces backwards from `from` to the message `oldest`, or to the conversation's beginning; newest first. At
    /// most `limit` items are read, or 1 MB. Items that belong to no message are skipped.
    async fn read_backwards(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &HistoryPosition,
        oldest: Option<&MessageId>,
        limit: usize,
    ) -> Result<Pieces, StoreError>;

    /// Reads pieces forwards from `from` to the tip of a branch; oldest first. At most `limit` items are read, or 1 MB.
    /// Items that belong to no message are skipped.
    async fn read_forwards(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &HistoryPosition,
        tip: &Tip,
        limit: usize,
    ) -> Result<Pieces, StoreError>;
}

/// Where reading begins. A message is stored as its segments, if it is long, and a tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryPosition {
    /// Before everything.
    Oldest,
    /// After everything.
    Newest,
    /// Between this message and the one before it in time.
    Before(MessageId),
    /// Between this message and the next one in time.
    After(MessageId),
    /// At this message, after its segments.
    Message(MessageId),
    /// At this piece of a message.
    Piece(MessageId, PieceName),
    /// Just past this piece of a message, in the direction of reading.
    Past(MessageId, PieceName),
}

/// The name of a piece within its message. Names sort in the order of the pieces, and are otherwise opaque.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PieceName(String);

/// Not the name of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a piece")]
pub struct InvalidPieceName;

impl PieceName {
    /// The maximal length of a name.
    const MAX_BYTES: usize = 32;

    /// The last piece of a message, after its segments.
    pub fn tail() -> Self {
        Self("~".to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PieceName {
    type Err = InvalidPieceName;

    fn from_str(name: &str) -> Result<Self, InvalidPieceName> {
        let is_allowed = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'#' | b'~');
        match !name.is_empty() && name.len() <= Self::MAX_BYTES && name.bytes().all(is_allowed) {
            true => Ok(Self(name.to_owned())),
            false => Err(InvalidPieceName),
        }
    }
}

/// The result of a read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pieces {
    /// In reading order.
    pub pieces: Vec<Piece>,
    /// Where to read on; `None` when this is all. There may be more although no piece was found, and there may be none.
    pub next: Option<HistoryPosition>,
}

impl Pieces {
    /// Assembles the messages of pieces that were read backwards: newest first. The last may lack its beginning.
    pub fn into_messages(self) -> Vec<StoredMessage> {
        let mut messages: Vec<(Arc<StoredMessage>, Vec<Entry>)> = Vec::new();
        for Piece { of, entries, .. } in self.pieces {
            match messages.last_mut().filter(|(message, _)| message.message.id == of.message.id) {
                Some((_, later)) => *later = join_entries(entries.into_iter().chain(std::mem::take(later))),
                None => messages.push((of, entries)),
            }
        }
        let whole = |(message, entries)| {
            let mut whole: StoredMessage = Arc::unwrap_or_clone(message);
            whole.message.entries = entries;
            whole
        };
        messages.into_iter().map(whole).collect()
    }
}

/// A piece of a message, as it is stored: a segment, or the tail.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The message, without its log. All of its pieces share it.
    pub of: Arc<StoredMessage>,
    /// The name of the piece.
    pub name: PieceName,
    /// Its part of the log.
    pub entries: Vec<Entry>,
}

impl Piece {
    /// The position of this piece.
    pub fn position(&self) -> HistoryPosition {
        HistoryPosition::Piece(self.of.message.id.clone(), self.name.clone())
    }

    /// The position after it, in the direction of reading.
    pub fn position_past(&self) -> HistoryPosition {
        HistoryPosition::Past(self.of.message.id.clone(), self.name.clone())
    }

    /// Whether it is the last piece of its message.
    pub fn is_tail(&self) -> bool {
        self.name == PieceName::tail()
    }

    /// How much of the log it takes.
    pub fn size(&self) -> usize {
        size_of(&self.entries)
    }
}
