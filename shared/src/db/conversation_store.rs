//! The trait of a store of conversations: listed, renamed, rated, deleted.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use super::message_reader::MessageReader;
use crate::conversation::{Branches, Conversation, ConversationId, Feedback, MessageId, Timestamp, UserId};
use crate::turn::TurnKey;

/// Reads and changes conversations. Every operation names the user whose data it may touch, does a bounded amount of
/// work, and is idempotent.
#[async_trait]
pub trait ConversationStore: MessageReader {
    /// The conversations of a user after `after`, newest activity first. At most `limit` are examined; those that are
    /// being deleted are left out.
    async fn list(&self, user: &UserId, after: Option<&Activity>, limit: usize) -> Result<Listed, StoreError>;

    /// The head of a conversation; `None` if there is none, or it was deleted.
    async fn head(&self, user: &UserId, conversation: &ConversationId) -> Result<Option<Conversation>, StoreError>;

    /// Whether the reply of a turn is still streaming.
    async fn is_streaming(&self, turn: &TurnKey) -> Result<bool, StoreError>;

    /// The branches of a conversation.
    async fn branches(&self, user: &UserId, conversation: &ConversationId) -> Result<Branches, StoreError>;

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
