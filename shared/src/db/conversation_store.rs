//! The trait of a store of conversations as they are looked at: listed, read back, renamed, deleted.

use async_trait::async_trait;

use super::store::{StoreError, Written};
use crate::conversation::{Branches, Conversation, ConversationId, MessageId, Part, Timestamp, UserId};
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
    /// most `limit` items are read, or 1 MB.
    async fn read_back(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &Place,
        oldest: Option<&MessageId>,
        limit: usize,
    ) -> Result<Vec<Piece>, StoreError>;

    /// Gives a conversation a title. `None` when there is no such conversation.
    async fn rename(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        title: &str,
    ) -> Result<Option<Conversation>, StoreError>;

    /// Takes a conversation out of every answer, for ever: no turn begins in it any more. It is due from `due_at` on
    /// until nothing is left of it. Tells its last turn; `None` when there was no such conversation.
    async fn mark_deleted(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        now: Timestamp,
        due_at: Timestamp,
    ) -> Result<Option<TurnKey>, StoreError>;

    /// Removes the messages of a deleted conversation, with all that belongs to them, except those of the reply `spared`.
    async fn remove_messages(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        spared: Option<&MessageId>,
    ) -> Result<(), StoreError>;

    /// Deleted conversations of which something may be left at `now`; at most `limit`.
    async fn due_deletions(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError>;

    /// Nothing is left of a deleted conversation but the knowledge that it was deleted, which stays for a time.
    async fn mark_removed(&self, user: &UserId, conversation: &ConversationId) -> Result<(), StoreError>;
}

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

/// Where reading back begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At the newest message of all.
    Newest,
    /// At the newest message before this one.
    Before(MessageId),
    /// At this message.
    Message(MessageId),
    /// Within a message, at the segment with this number, counted from 0.
    Segment(MessageId, u32),
}

/// A piece of a message, as it is stored: a segment, or what comes behind the segments.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The message, without its parts.
    pub of: Written,
    /// The number of the segment; `None` for what comes behind the last one.
    pub segment: Option<u32>,
    /// How many segments come before this piece.
    pub segments_before: u32,
    /// What it says.
    pub parts: Vec<Part>,
}

impl Piece {
    /// Where this piece is.
    pub fn place(&self) -> Place {
        let id = self.of.message.id.clone();
        self.segment.map_or(Place::Message(id.clone()), |number| Place::Segment(id, number))
    }

    /// Where what was written before it is; `None` at the beginning of the conversation.
    pub fn place_before(&self) -> Option<Place> {
        let message = &self.of.message;
        match self.segments_before.checked_sub(1) {
            Some(segment) => Some(Place::Segment(message.id.clone(), segment)),
            None => message.parent_id.clone().map(Place::Message),
        }
    }
}
