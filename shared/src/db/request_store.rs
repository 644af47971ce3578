//! The trait of a store of requests: what each of them started, subscribed to, or is to stop.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::conversation::{ConnectionId, ConversationId, MessageId, RequestId, Timestamp, UserId};
use crate::turn::{Subscriber, TurnKey};

/// Stores what the requests of clients have led to, and which of them subscribe to a running turn.
#[async_trait]
pub trait RequestStore: Send + Sync {
    /// The record of a request: the turn that it started or subscribed to, or that it is to be stopped when it arrives.
    async fn request(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
    ) -> Result<Option<RequestRecord>, StoreError>;

    /// Records for some minutes that a request is to be stopped when it arrives. Returns false if it has arrived.
    async fn stop_in_advance(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// The turn that started with this message of a client, however long ago.
    async fn turn_of_message(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        message: &SentMessage,
    ) -> Result<Option<TurnKey>, StoreError>;

    /// The newest reply to a message of a client, by the client's id: a turn started with each text it was sent with.
    async fn newest_reply_to(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        client_id: &MessageId,
    ) -> Result<Option<MessageId>, StoreError>;

    /// Adds a subscriber to a running turn, for which an `abort` then reaches the turn, too. If the `abort` came first,
    /// nothing is added: the caller decides, and may subscribe again.
    async fn subscribe(
        &self,
        turn: &TurnKey,
        subscriber: &Subscriber,
        now: Timestamp,
    ) -> Result<Subscription, StoreError>;

    /// Records that a request gives up the turn that it has resumed. Returns whether another one of its connection has
    /// replaced it: one that subscribed later, or at most [`REORDER_WINDOW`] before, and has not given up the turn.
    async fn release(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<bool, StoreError>;

    /// Removes a subscriber, so that the turn's owner no longer serves it.
    async fn unsubscribe(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<(), StoreError>;
}

/// Two requests within this time may have been sent in either order: frames are handled concurrently, by functions
/// whose clocks differ.
pub const REORDER_WINDOW: Duration = Duration::from_secs(1);

/// The most recorded subscribers of a turn. Its owner removes those that it no longer serves with its next save; until
/// then no more are added, so that the item of a reply stays small whatever clients do.
pub const MAX_SUBSCRIBERS: usize = 64;

/// The outcome of subscribing to a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscription {
    /// The owner of the turn will serve the subscriber.
    Subscribed,
    /// The turn has ended, or is abandoned.
    NotRunning,
    /// The turn has too many subscribers.
    Full,
    /// The stop of the request arrived before it.
    Stopped,
}

/// The record of a request of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestRecord {
    /// It was accepted: it started this turn, or subscribed to it.
    Taken {
        /// The turn.
        turn: TurnKey,
        /// What was asked for, if it started the turn: see [`super::NewTurn::fingerprint`].
        fingerprint: Option<String>,
    },
    /// Its stop arrived before it did.
    StoppedInAdvance,
}

/// A message as its client sent it: the same id with the same text is the same message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMessage {
    /// The client's id of the message.
    pub client_id: MessageId,
    /// A digest of its text.
    pub digest: String,
}
