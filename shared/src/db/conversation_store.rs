//! The trait of a store of conversations as they are looked at: listed, read back, renamed, deleted.

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use super::stored_message::StoredMessage;
use crate::conversation::{
    Branches, Conversation, ConversationId, Feedback, MessageId, Part, Timestamp, Tip, UserId, join_parts, text_bytes,
};
use crate::turn::TurnKey;

/// Finds, shows and changes conversations. Every operation names the user whose data it may touch, does a bounded amount
/// of work, and may be repeated.
#[async_trait]
pub trait ConversationStore: Send + Sync {
    /// The conversations of a user, the one with the newest activity first, beginning behind `after`. At most `limit` are
    /// looked at; those that were deleted at this moment are left out.
    async fn list(&self, user: &UserId, after: Option<&Activity>, limit: usize) -> Result<Listed, StoreError>;

    /// The head of a conversation; `None` when there is none, or it was deleted.
    async fn head(&self, user: &UserId, conversation: &ConversationId) -> Result<Option<Conversation>, StoreError>;

    /// Whether the reply of a turn has not ended.
    async fn is_streaming(&self, turn: &TurnKey) -> Result<bool, StoreError>;

    /// Where a conversation branches.
    async fn branches(&self, user: &UserId, conversation: &ConversationId) -> Result<Branches, StoreError>;

    /// What was written from `from` back to the message `oldest`, or to the conversation's beginning; newest first. At
    /// most `limit` items are read, or 1 MB. What belongs to no message is skipped.
    async fn read_back(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &HistoryPosition,
        oldest: Option<&MessageId>,
        limit: usize,
    ) -> Result<Pieces, StoreError>;

    /// What was written from `from` on to the tip of a branch; oldest first. At most `limit` items are read,
    /// or 1 MB. What belongs to no message is skipped.
    async fn read_on(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &HistoryPosition,
        tip: &Tip,
        limit: usize,
    ) -> Result<Pieces, StoreError>;

    /// Gives a conversation a title. `None` when there is no such conversation.
    async fn rename(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        title: &str,
    ) -> Result<Option<Conversation>, StoreError>;

    /// Gives a conversation a title that has none. Returns whether it did.
    async fn give_title(&self, user: &UserId, conversation: &ConversationId, title: &str) -> Result<bool, StoreError>;

    /// Keeps what the user thinks of a message; `None` takes it back. Returns whether there is such a message.
    async fn set_feedback(
        &self,
        message: &TurnKey,
        feedback: Option<Feedback>,
        comment: Option<&str>,
    ) -> Result<bool, StoreError>;

    /// Takes a conversation out of every answer, for ever: no turn begins in it any more. It is due from `due_at` on
    /// until nothing is left of it. Tells its last turn; `None` when there was no such conversation.
    async fn mark_deleted(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        now: Timestamp,
        due_at: Timestamp,
    ) -> Result<Option<TurnKey>, StoreError>;

    /// Removes the messages of a deleted conversation, with all that belongs to them, except those of the reply `except`.
    async fn purge_messages(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        except: Option<&MessageId>,
    ) -> Result<(), StoreError>;

    /// Deleted conversations of which something may be left at `now`; at most `limit`.
    async fn due_deletions(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError>;

    /// Nothing is left at `now` of a deleted conversation but the knowledge that it was deleted, which stays for a time. It is due
    /// once more [`LATE_WRITE_WINDOW`] after its deletion, and then no longer.
    async fn mark_purged(&self, user: &UserId, conversation: &ConversationId, now: Timestamp)
    -> Result<(), StoreError>;
}

/// How long after a deletion a function that wrote a reply may still be there, and what it has sent still arrive: no function lives
/// longer than 15 minutes.
pub const LATE_WRITE_WINDOW: Duration = Duration::from_secs(20 * 60);

/// A conversation's place in the order of activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// When its last turn began.
    pub updated_at: Timestamp,
    /// The conversation.
    pub conversation: ConversationId,
}

/// A page of a user's conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The one with the newest activity first.
    pub conversations: Vec<Conversation>,
    /// The last that was looked at, if there may be more behind it.
    pub next: Option<Activity>,
}

/// Where reading begins. A message consists of its segments, if it is long, and of what comes behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryPosition {
    /// Before everything.
    Oldest,
    /// Behind everything.
    Newest,
    /// Between this message and the one before it in time.
    Before(MessageId),
    /// Between this message and the next one in time.
    After(MessageId),
    /// At this message, behind its segments.
    Message(MessageId),
    /// At this piece of a message.
    Piece(MessageId, PieceName),
    /// Just beyond this piece of a message, in the direction of reading.
    Past(MessageId, PieceName),
}

/// The name of a piece within its message. Names sort as the pieces follow one another, and mean nothing else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PieceName(String);

/// What is not the name of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a piece")]
pub struct InvalidPieceName;

impl PieceName {
    /// The longest name, in bytes.
    const MAX_BYTES: usize = 32;

    /// What comes behind a message's segments: its last piece.
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

/// What was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pieces {
    /// In the order in which they were asked for.
    pub pieces: Vec<Piece>,
    /// Where to read on; `None` when this is all. There may be more although no piece was found, and it may be that there
    /// is none.
    pub next: Option<HistoryPosition>,
}

impl Pieces {
    /// The messages of which these are the pieces, read back: newest first. The last may lack its beginning.
    pub fn into_messages(self) -> Vec<StoredMessage> {
        let mut messages: Vec<StoredMessage> = Vec::new();
        for piece in self.pieces {
            if messages.last().is_none_or(|message| message.message.id != piece.of.message.id) {
                messages.push(piece.of);
            }
            if let Some(StoredMessage { message, .. }) = messages.last_mut() {
                let later = std::mem::take(&mut message.parts);
                message.parts = join_parts(piece.parts.into_iter().chain(later));
            }
        }
        messages
    }
}

/// A piece of a message, as it is stored: a segment, or what comes behind the segments.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The message, without its parts.
    pub of: StoredMessage,
    /// The name of the piece.
    pub name: PieceName,
    /// What it says.
    pub parts: Vec<Part>,
}

impl Piece {
    /// Where this piece is.
    pub fn position(&self) -> HistoryPosition {
        HistoryPosition::Piece(self.of.message.id.clone(), self.name.clone())
    }

    /// Where what follows it is, in the direction of reading.
    pub fn position_past(&self) -> HistoryPosition {
        HistoryPosition::Past(self.of.message.id.clone(), self.name.clone())
    }

    /// The message ends with this piece.
    pub fn is_tail(&self) -> bool {
        self.name == PieceName::tail()
    }

    /// How many bytes of text it has.
    pub fn bytes(&self) -> usize {
        text_bytes(&self.parts)
    }
}
