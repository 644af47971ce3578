//! The trait of a store of conversations: listed, read, renamed, deleted.

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use super::stored_message::StoredMessage;
use crate::conversation::{
    Branches, Conversation, ConversationId, Entry, Feedback, MessageId, Timestamp, Tip, UserId, join_entries, size_of,
};
use crate::turn::TurnKey;

/// Reads and changes conversations. Every operation names the user whose data it may touch, does a bounded amount of
/// work, and is idempotent.
#[async_trait]
pub trait ConversationStore: Send + Sync {
    /// The conversations of a user after `after`, newest activity first. At most `limit` are examined; those that are
    /// being deleted are left out.
    async fn list(&self, user: &UserId, after: Option<&Activity>, limit: usize) -> Result<Listed, StoreError>;

    /// The head of a conversation; `None` if there is none, or it was deleted.
    async fn head(&self, user: &UserId, conversation: &ConversationId) -> Result<Option<Conversation>, StoreError>;

    /// Whether the reply of a turn is still streaming.
    async fn is_streaming(&self, turn: &TurnKey) -> Result<bool, StoreError>;

    /// The branches of a conversation.
    async fn branches(&self, user: &UserId, conversation: &ConversationId) -> Result<Branches, StoreError>;

    /// Reads pieces backwards from `from` to the message `oldest`, or to the conversation's beginning; newest first. At
    /// most `limit` items are read, or 1 MB. Items that belong to no message are skipped.
    async fn read_back(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &HistoryPosition,
        oldest: Option<&MessageId>,
        limit: usize,
    ) -> Result<Pieces, StoreError>;

    /// Reads pieces forwards from `from` to the tip of a branch; oldest first. At most `limit` items are read, or 1 MB.
    /// Items that belong to no message are skipped.
    async fn read_on(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &HistoryPosition,
        tip: &Tip,
        limit: usize,
    ) -> Result<Pieces, StoreError>;

    /// Sets the title of a conversation. `None` if there is no such conversation.
    async fn rename(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        title: &str,
    ) -> Result<Option<Conversation>, StoreError>;

    /// Sets the title of a conversation that has none. Returns whether it did.
    async fn give_title(&self, user: &UserId, conversation: &ConversationId, title: &str) -> Result<bool, StoreError>;

    /// Stores the user's feedback on a message; `None` removes it. Returns whether there is such a message.
    async fn set_feedback(
        &self,
        message: &TurnKey,
        feedback: Option<Feedback>,
        comment: Option<&str>,
    ) -> Result<bool, StoreError>;

    /// Replaces a conversation by a tombstone: it is in no answer, and no turn starts in it any more. The deletion is
    /// due from `due_at` until the conversation is purged. Returns its last turn; `None` if there was no such
    /// conversation.
    async fn mark_deleted(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        now: Timestamp,
        due_at: Timestamp,
    ) -> Result<Option<TurnKey>, StoreError>;

    /// Purges the messages of a deleted conversation, with all that belongs to them, except those of the reply
    /// `except`.
    async fn purge_messages(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        except: Option<&MessageId>,
    ) -> Result<(), StoreError>;

    /// Deleted conversations that may not be purged at `now`; at most `limit`.
    async fn due_deletions(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError>;

    /// Marks a deleted conversation as purged at `now`: only the tombstone is left, for a time. The deletion is due
    /// once more [`LATE_WRITE_WINDOW`] after the conversation was deleted, and then no longer.
    async fn mark_purged(&self, user: &UserId, conversation: &ConversationId, now: Timestamp)
    -> Result<(), StoreError>;
}

/// How long after a deletion a function that wrote a reply may still run, and its writes arrive: no function lives
/// longer than 15 minutes.
pub const LATE_WRITE_WINDOW: Duration = Duration::from_secs(20 * 60);

/// A conversation's position in the order of activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// When its last turn started.
    pub updated_at: Timestamp,
    /// The conversation.
    pub conversation: ConversationId,
}

/// A page of a user's conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Newest activity first.
    pub conversations: Vec<Conversation>,
    /// The last that was examined, if there may be more after it.
    pub next: Option<Activity>,
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
        let mut messages: Vec<StoredMessage> = Vec::new();
        for piece in self.pieces {
            if messages.last().is_none_or(|message| message.message.id != piece.of.message.id) {
                messages.push(piece.of);
            }
            if let Some(StoredMessage { message, .. }) = messages.last_mut() {
                let later = std::mem::take(&mut message.entries);
                message.entries = join_entries(piece.entries.into_iter().chain(later));
            }
        }
        messages
    }
}

/// A piece of a message, as it is stored: a segment, or the tail.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The message, without its log.
    pub of: StoredMessage,
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
