//! The trait of a store of turns.

use async_trait::async_trait;

use super::error::StoreError;
use super::output_store::OutputStore;
use super::request_store::{RequestStore, SentMessage};
use super::stored_message::{ConversationSnapshot, StoredMessage};
use crate::allowance::Admission;
use crate::conversation::{
    Branch, Conversation, ConversationId, Entry, Message, MessageId, Status, Timestamp, Timings, Usage, UserId,
};
use crate::turn::{Ending, Lease, Subscriber, TurnKey};

/// Stores turns. Every operation names the user whose data it may touch.
///
/// Writes are conditional and idempotent: repeating one that succeeded succeeds again, and one that was abandoned and
/// arrives late changes nothing.
#[async_trait]
pub trait TurnStore: RequestStore + OutputStore {
    /// Returns the head of a conversation and its newest messages, newest first, and the turn that started with `sent`,
    /// in one round trip. At most `limit` items of messages are read; a long message is several, and the oldest may
    /// lack its beginning.
    async fn open(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        sent: Option<&SentMessage>,
        limit: usize,
    ) -> Result<ConversationSnapshot, StoreError>;

    /// A complete message, however long it is.
    async fn reply(&self, turn: &TurnKey) -> Result<Option<StoredMessage>, StoreError>;

    /// Stores everything that a turn starts with, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the request was accepted before, [`StoreError::Stale`] when the conversation has
    /// moved on or was deleted, or the turn before it has not ended, [`StoreError::Repeated`] when the message was
    /// stored before, [`StoreError::AllowanceConflict`] when only the user's allowance has changed.
    async fn begin_turn(&self, turn: &NewTurn) -> Result<(), StoreError>;

    /// Stores a segment of a long reply, before the save that counts it.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when there is a longer one with this number: a later save has written it.
    async fn save_segment(
        &self,
        turn: &TurnKey,
        lease: &Lease,
        number: u32,
        entries: &[Entry],
    ) -> Result<(), StoreError>;

    /// Removes the segments of a reply that no longer exists because its conversation was deleted. Leaves a reply that
    /// exists as it is.
    async fn withdraw(&self, turn: &TurnKey) -> Result<(), StoreError>;

    /// Stores the reply so far, extends the lease, and returns what others asked of the turn's owner meanwhile. With an
    /// ending the turn has ended.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is held by another owner, or the turn has ended.
    async fn save_turn(&self, save: Save<'_>) -> Result<Signals, StoreError>;

    /// Marks the end of a turn as delivered. Until then the turn is due, so that another function delivers the end if the
    /// owner dies between storing and delivering it. Changes nothing if the turn has gone on under another owner since.
    async fn mark_delivered(&self, delivered: Delivered<'_>) -> Result<(), StoreError>;

    /// Stores a user's answers to a waiting turn. If it goes on with them, it runs under another lease from then on.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the request was accepted before, [`StoreError::Stale`] when the turn does not wait
    /// any more, or has got other answers since it was read, [`StoreError::AllowanceConflict`] when only the user's
    /// allowance has changed.
    async fn answer(&self, answers: Answers<'_>) -> Result<(), StoreError>;

    /// Ends a waiting turn as stopped.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the turn does not wait any more, or has got answers or was delivered since it was read.
    async fn close_waiting(&self, turn: &TurnKey, closed: &ClosedWait) -> Result<(), StoreError>;

    /// Gives a turn whose lease has expired to another owner. What the previous owner has stored is kept until the new
    /// one stores content. Returns the subscribers of the previous owner.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is no longer `seen`.
    async fn take_over(&self, turn: &TurnKey, seen: &Lease, lease: &Lease) -> Result<Vec<Subscriber>, StoreError>;

    /// Ends a turn whose lease has expired as interrupted, in the name of `closer`, by which its owner learns that it
    /// did not end the turn itself. `entries`, none of them text, are added behind the log. Returns its subscribers.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is no longer `seen`.
    async fn close_abandoned(
        &self,
        turn: &TurnKey,
        seen: &Lease,
        closer: &str,
        entries: &[Entry],
    ) -> Result<Vec<Subscriber>, StoreError>;

    /// Turns whose end is not delivered and whose first lease, unless it was extended, has expired; at most `limit`.
    async fn due_turns(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError>;

    /// Asks the owner of a running turn to stop. Returns whether it was running.
    async fn request_stop(&self, turn: &TurnKey) -> Result<bool, StoreError>;
}

/// When the log after the last segment reaches this size, it becomes a segment.
pub const SEGMENT_BYTES: usize = 4 * 1024;

/// Everything that a turn starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTurn {
    /// The request, which identifies a retry and lets an `abort` find the turn.
    pub subscriber: Subscriber,
    /// A digest of the request, which distinguishes a retry from another use of its id.
    pub fingerprint: String,
    /// The request was stopped before it arrived.
    pub stopped_in_advance: bool,
    /// The head as it was read; `None` if this turn begins the conversation.
    pub conversation: Option<Conversation>,
    /// The user's message, unless it is stored already.
    pub question: Option<Message>,
    /// Identifies the question when it is sent again; only with the question.
    pub sent: Option<SentMessage>,
    /// The reply at the head of the conversation, if it was abandoned and has just been closed: the turn starts only if
    /// it has ended.
    pub closed: Option<MessageId>,
    /// The reply at the head of the conversation, if it waits for the user: it ends with this turn.
    pub closed_wait: Option<ClosedWait>,
    /// The empty reply.
    pub reply: Message,
    /// Tokens of the model's prompt, estimated.
    pub prompt_tokens: u64,
    /// The provisional title of a conversation that begins with this turn.
    pub first_words: Option<String>,
    /// Where the turn branches, unless it follows the head.
    pub branch: Option<Branch>,
    /// The lease of its first owner.
    pub lease: Lease,
    /// The user's allowance, if there are limits.
    pub admission: Option<Admission>,
}

/// The reply so far, to be stored by its owner.
#[derive(Debug, Clone, Copy)]
pub struct Save<'a> {
    /// The turn.
    pub turn: &'a TurnKey,
    /// The renewed lease.
    pub lease: &'a Lease,
    /// The reply's content; `None` keeps what an earlier attempt stored.
    pub content: Option<SavedContent<'a>>,
    /// Subscribers that are no longer served, to be removed.
    pub dismissed: &'a [Subscriber],
    /// How the turn ends with this save; `None` if it goes on.
    pub ending: Option<Ending>,
    /// The model that wrote it, once it has ended: after a fallback not the one that was asked.
    pub model: Option<&'a str>,
    /// The model's token counts, once it has sent them.
    pub usage: Option<Usage>,
    /// What the reply cost, in US dollars, once it has ended.
    pub cost: Option<f64>,
    /// How long the reply took, once it has ended.
    pub timings: Option<Timings>,
}

/// A reply's content, as its owner stores it.
#[derive(Debug, Clone, Copy)]
pub struct SavedContent<'a> {
    /// How many segments are stored.
    pub segments: u32,
    /// The entries after them.
    pub tail: &'a [Entry],
}

impl Save<'_> {
    /// The status of the turn after this save.
    pub fn status(&self) -> Status {
        self.ending.map_or(Status::Streaming, Ending::status)
    }
}

/// The end of a waiting turn.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedWait {
    /// The reply.
    pub message_id: MessageId,
    /// Its lease as it was read.
    pub seen: Lease,
    /// What is added to its log: the ends of its open calls.
    pub entries: Vec<Entry>,
    /// Whether the wait was delivered to all subscribers. Else the turn stays due.
    pub is_delivered: bool,
}

/// A user's answers to a waiting turn.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    /// The turn.
    pub turn: &'a TurnKey,
    /// The request, which identifies a retry and lets an `abort` find the turn.
    pub subscriber: &'a Subscriber,
    /// A digest of the request.
    pub fingerprint: &'a str,
    /// Subscribers to whom the wait may not have been delivered: they stay recorded until they are notified.
    pub orphaned: &'a [Subscriber],
    /// The turn's lease as it was read.
    pub seen: &'a Lease,
    /// The lease from now on.
    pub lease: &'a Lease,
    /// What is added to its log.
    pub entries: &'a [Entry],
    /// Tools that the user allows in the whole conversation.
    pub allowed_tools: &'a [String],
    /// Whether it goes on.
    pub goes_on: bool,
    /// The user's allowance, if it goes on and there are limits.
    pub admission: Option<&'a Admission>,
    /// When they arrived.
    pub now: Timestamp,
}

/// The delivery of a turn's end.
#[derive(Debug, Clone, Copy)]
pub struct Delivered<'a> {
    /// The turn.
    pub turn: &'a TurnKey,
    /// Who has ended it.
    pub owner: &'a str,
    /// Not all subscribers received it.
    pub missed: bool,
    /// Until when it waits, if it does.
    pub waits_until: Option<Timestamp>,
}

/// What others asked of a turn's owner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signals {
    /// The user has asked to stop the turn.
    pub stop_requested: bool,
    /// The recorded subscribers; `None` if unknown.
    pub subscribers: Option<Vec<Subscriber>>,
}
