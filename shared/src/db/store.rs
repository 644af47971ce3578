//! The trait of a store.

use async_trait::async_trait;

use crate::conversation::{
    ConnectionId, Conversation, ConversationId, Message, MessageId, RequestId, Timestamp, UserId,
};
use crate::reply::Reply;
use crate::turn::{Lease, TurnKey};

/// Keeps conversations. Every operation names the user whose data it may touch.
///
/// Writes are conditional and may be repeated: a repetition of one that succeeded succeeds again.
#[async_trait]
pub trait Store: Send + Sync {
    /// The head of a conversation and its newest messages, newest first, at most `limit`. One round trip.
    async fn open(&self, user: &UserId, conversation: &ConversationId, limit: usize) -> Result<Opened, StoreError>;

    /// Stores all that a turn begins with, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the request was taken before, [`StoreError::Stale`] when the conversation has moved on.
    async fn begin_turn(&self, turn: &NewTurn) -> Result<(), StoreError>;

    /// Stores the reply so far, prolongs the lease, and tells what others asked of the turn's owner meanwhile.
    ///
    /// # Errors
    /// [`StoreError::NotOwner`] when the lease is another's, or the turn has ended.
    async fn save_turn(&self, save: Save<'_>) -> Result<Signals, StoreError>;

    /// Stores the whole reply and its end. The same errors as `save_turn`.
    async fn end_turn(&self, save: Save<'_>) -> Result<Signals, StoreError>;

    /// The reply of a turn, whatever its state.
    async fn reply(&self, turn: &TurnKey) -> Result<Option<Written>, StoreError>;

    /// The turn that a request started or follows.
    async fn turn_of_request(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
    ) -> Result<Option<TurnKey>, StoreError>;

    /// Asks the owner of a running turn to stop. Tells whether it was running.
    async fn request_stop(&self, turn: &TurnKey) -> Result<bool, StoreError>;

    /// Asks the owner of a running turn to feed one more subscriber, whose `abort` then reaches the turn, too.
    /// Tells whether the turn was running and its lease good.
    async fn subscribe(&self, turn: &TurnKey, subscriber: &Subscriber, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends, as interrupted, a turn whose lease ran out, unless it was prolonged meanwhile.
    async fn close_abandoned(&self, turn: &TurnKey, lease: &Lease) -> Result<(), StoreError>;

    /// Remembers a connection until `expires_at`.
    async fn put_connection(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        connected_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Forgets a connection.
    async fn delete_connection(&self, user: &UserId, connection: &ConnectionId) -> Result<(), StoreError>;
}

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The message.
    pub message: Message,
    /// Who writes or wrote it; `None` for a person's.
    pub lease: Option<Lease>,
}

/// A conversation as a turn finds it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Opened {
    /// The head; `None` for a conversation that does not exist yet.
    pub conversation: Option<Conversation>,
    /// Newest first.
    pub recent: Vec<Written>,
}

/// All that a turn begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTurn {
    /// The request, by which a repetition is known and an `abort` finds the turn.
    pub subscriber: Subscriber,
    /// The head as it was read; `None` when this turn begins the conversation.
    pub conversation: Option<Conversation>,
    /// The person's message, unless it is stored already.
    pub question: Option<Message>,
    /// The empty reply.
    pub reply: Message,
    /// The right to write it.
    pub lease: Lease,
    /// An earlier turn whose owner is gone, to be closed in the same step.
    pub abandoned: Option<Abandoned>,
}

/// A turn that nobody writes any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Abandoned {
    /// Its reply.
    pub message_id: MessageId,
    /// The lease that ran out.
    pub lease: Lease,
}

/// The reply so far, to be stored by its owner.
#[derive(Debug, Clone, Copy)]
pub struct Save<'a> {
    /// The turn.
    pub turn: &'a TurnKey,
    /// The right to write it, prolonged.
    pub lease: &'a Lease,
    /// What is written so far.
    pub reply: &'a Reply,
}

/// What others asked of a turn's owner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signals {
    /// The person wants it to stop.
    pub stop_requested: bool,
    /// All who joined since the turn began.
    pub subscribers: Vec<Subscriber>,
}

/// Somebody to whom a reply is streamed: one request of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subscriber {
    /// The connection.
    pub connection: ConnectionId,
    /// The request of that connection.
    pub request: RequestId,
}

/// How a store fails.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The request was taken before.
    #[error("the request was taken before")]
    Duplicate,
    /// What was read is no longer so; read again and decide again.
    #[error("the conversation has moved on since it was read")]
    Stale,
    /// The turn is another's, or has ended.
    #[error("the turn is not ours to write")]
    NotOwner,
    /// The store cannot be reached, or refuses.
    #[error("the store does not answer as it should: {0}")]
    Unavailable(String),
    /// A stored item cannot be read. The message names the field, never the value.
    #[error("a stored item cannot be read: {0}")]
    Unreadable(String),
}
