//! The trait of a store of turns.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use super::stored_message::{ConversationSnapshot, StoredMessage};
use crate::allowance::Admission;
use crate::conversation::{
    Branch, ConnectionId, Conversation, ConversationId, Message, MessageId, Part, RequestId, Status, Timestamp,
    Timings, Usage, UserId,
};
use crate::turn::{Ending, Lease, Subscriber, TurnKey};

/// Keeps conversations. Every operation names the user whose data it may touch.
///
/// Writes are conditional and may be repeated: a repetition of one that succeeded succeeds again, and one that was given up and
/// arrives late changes nothing.
#[async_trait]
pub trait Store: Send + Sync {
    /// The head of a conversation and its newest messages, newest first, and the turn that began with `sent`. One round trip. At
    /// most `limit` items of messages are read; a long message is several, and the oldest may lack its beginning.
    async fn open(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        sent: Option<&SentMessage>,
        limit: usize,
    ) -> Result<ConversationSnapshot, StoreError>;

    /// A message, whole, however long it is.
    async fn reply(&self, turn: &TurnKey) -> Result<Option<StoredMessage>, StoreError>;

    /// Stores all that a turn begins with, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the request was taken before, [`StoreError::Stale`] when the conversation has moved on
    /// or was deleted, or the turn before it has not ended, [`StoreError::Repeated`] when the message was stored before,
    /// [`StoreError::AllowanceConflict`] when only the user's allowance has changed.
    async fn begin_turn(&self, turn: &NewTurn) -> Result<(), StoreError>;

    /// Stores an early piece of a long reply, before the save that counts it.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when a longer one with this number is there: a later save has written it.
    async fn save_segment(&self, turn: &TurnKey, lease: &Lease, number: u32, parts: &[Part]) -> Result<(), StoreError>;

    /// Removes what was written of a reply that is no longer there, its conversation having been deleted. A reply that is there
    /// is left as it is.
    async fn withdraw(&self, turn: &TurnKey) -> Result<(), StoreError>;

    /// Stores the reply so far, extends the lease, and tells what others asked of the turn's owner meanwhile. With an
    /// ending the turn has ended.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's, or the turn has ended.
    async fn save_turn(&self, save: Save<'_>) -> Result<Signals, StoreError>;

    /// All who followed a turn were told of its end; `missed` if not all of them took it. Until then the turn is due, so
    /// that somebody else tells them if its owner dies between its end and the telling of it.
    async fn mark_delivered(&self, turn: &TurnKey, missed: bool) -> Result<(), StoreError>;

    /// Gives a turn whose lease has expired to another owner. What the one who is gone has stored is kept until the new owner
    /// stores content. Returns who followed the one who is gone.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is no longer the one that was seen.
    async fn take_over(&self, turn: &TurnKey, seen: &Lease, lease: &Lease) -> Result<Vec<Subscriber>, StoreError>;

    /// Ends, as interrupted, a turn whose lease has expired, in the name of `closer`, by which its owner learns that it did not end
    /// the turn itself. Returns who followed it.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is no longer the one that was seen.
    async fn close_abandoned(&self, turn: &TurnKey, seen: &Lease, closer: &str) -> Result<Vec<Subscriber>, StoreError>;

    /// Turns whose end was not told yet and whose first lease, unless it was extended, has run out; at most `limit`.
    async fn due_turns(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError>;

    /// What is known of a request: the turn that it started or follows, or that it is to be stopped as soon as it comes.
    async fn request(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
    ) -> Result<Option<RequestRecord>, StoreError>;

    /// Remembers for some minutes that a request which has not arrived yet is to be stopped. Returns false when it has arrived.
    async fn stop_in_advance(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// The turn that began with this message of a client, however long ago that was.
    async fn turn_of_message(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        message: &SentMessage,
    ) -> Result<Option<TurnKey>, StoreError>;

    /// The newest reply to a message of a client, named by the client's id: with each text that it was sent with a turn began.
    async fn newest_reply_to(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        client_id: &MessageId,
    ) -> Result<Option<MessageId>, StoreError>;

    /// Asks the owner of a running turn to stop. Returns whether it was running.
    async fn request_stop(&self, turn: &TurnKey) -> Result<bool, StoreError>;

    /// Asks the owner of a running turn to feed one more subscriber, whose `abort` then reaches the turn, too. Where that came before
    /// it, nothing is asked for: what comes of it is for the caller to say, who may subscribe again.
    async fn subscribe(
        &self,
        turn: &TurnKey,
        subscriber: &Subscriber,
        now: Timestamp,
    ) -> Result<Subscription, StoreError>;

    /// Remembers that a request wants no more of the turn that it has resumed. Returns whether another one of its connection has taken
    /// its place: it has subscribed later, or at most [`REORDER_WINDOW`] before, and still wants the turn.
    async fn release(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<bool, StoreError>;

    /// Takes a subscriber off the record, so that the turn's owner feeds it no more.
    async fn unsubscribe(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<(), StoreError>;
}

/// What is written of a reply behind its last early piece becomes one when it has this many bytes of text.
pub const SEGMENT_BYTES: usize = 4 * 1024;

/// Two requests within this time may have been sent in either order: frames are handled side by side, by functions whose clocks
/// differ.
pub const REORDER_WINDOW: Duration = Duration::from_secs(1);

/// The most subscribers of a turn that are recorded. Its owner removes those that it no longer feeds at its next save; until
/// then no more are added, so that the item of a reply stays small whatever clients do.
pub const MAX_SUBSCRIBERS: usize = 64;

/// What became of the wish to follow a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscription {
    /// The owner of the turn is going to feed the subscriber.
    Following,
    /// The turn has ended, or its owner is gone.
    NotRunning,
    /// Too many want to follow it at this moment.
    Full,
    /// The stop of the request has come before it.
    Stopped,
}

/// What is known of a request of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestRecord {
    /// It was taken: it started this turn, or follows it.
    Taken {
        /// The turn.
        turn: TurnKey,
        /// What was asked for, if it started the turn: see [`NewTurn::fingerprint`].
        fingerprint: Option<String>,
    },
    /// Its stop has come before itself.
    StoppedInAdvance,
}

/// A message as its client sends it: the same id with the same text is the same message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMessage {
    /// The client's id of it.
    pub client_id: MessageId,
    /// A digest of its text.
    pub digest: String,
}

/// All that a turn begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTurn {
    /// The request, by which a repetition is known and an `abort` finds the turn.
    pub subscriber: Subscriber,
    /// A digest of what the request asks for, by which a repetition of it is told from another use of its id.
    pub fingerprint: String,
    /// The request was stopped before it arrived.
    pub stopped_in_advance: bool,
    /// The head as it was read; `None` when this turn begins the conversation.
    pub conversation: Option<Conversation>,
    /// The user's message, unless it is stored already.
    pub question: Option<Message>,
    /// How that message is known again when it is sent once more; with the question only.
    pub sent: Option<SentMessage>,
    /// The reply at the head of the conversation, if it was abandoned and has just been closed: the turn begins only if it has
    /// ended.
    pub closed: Option<MessageId>,
    /// The empty reply.
    pub reply: Message,
    /// Tokens of the prompt that its model is asked with, estimated.
    pub prompt_tokens: u64,
    /// What a conversation that begins with this turn is called until it has a title.
    pub first_words: Option<String>,
    /// Where the turn branches, unless it follows the head.
    pub branch: Option<Branch>,
    /// The right to write it.
    pub lease: Lease,
    /// The user's allowance, where anything is limited.
    pub admission: Option<Admission>,
}

/// The reply so far, to be stored by its owner.
#[derive(Debug, Clone, Copy)]
pub struct Save<'a> {
    /// The turn.
    pub turn: &'a TurnKey,
    /// The right to write it, renewed.
    pub lease: &'a Lease,
    /// What the reply says; `None` keeps what an earlier attempt stored.
    pub content: Option<SavedContent<'a>>,
    /// Subscribers that are no longer fed: they are removed.
    pub dismissed: &'a [Subscriber],
    /// How the turn ends with this save; `None` if it goes on.
    pub ending: Option<Ending>,
    /// The model that wrote it, once it has ended: not the one that was asked if that fell back on another.
    pub model: Option<&'a str>,
    /// What the model counted, once it has said so.
    pub usage: Option<Usage>,
    /// What the reply cost, in US dollars, once it has ended.
    pub cost: Option<f64>,
    /// How long the reply took, once it has ended.
    pub timings: Option<Timings>,
}

/// What a reply says, as its owner stores it.
#[derive(Debug, Clone, Copy)]
pub struct SavedContent<'a> {
    /// How many segments are stored.
    pub segments: u32,
    /// What is written behind them.
    pub tail: &'a [Part],
}

impl Save<'_> {
    /// The state of the turn from now on.
    pub fn status(&self) -> Status {
        self.ending.map_or(Status::Streaming, Ending::status)
    }
}

/// What others asked of a turn's owner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signals {
    /// The user wants it to stop.
    pub stop_requested: bool,
    /// All who are recorded as following the turn; `None` if that was not learned.
    pub subscribers: Option<Vec<Subscriber>>,
}
