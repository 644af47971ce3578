//! A request, and a message as its client sent it, as they are stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::request_store::{RequestRecord, SentMessage};
use super::super::turn_store::{Answers, NewTurn};
use super::key::Key;
use crate::conversation::{ConversationId, MessageId, Timestamp, UserId};
use crate::turn::TurnKey;

/// How long a request is remembered: longer than a connection lives and any retry takes.
const REQUEST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the stop of a request that has not arrived is remembered: frames are handled concurrently, and a message
/// may wait for a function to start.
const STOP_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A request: the turn that it started or subscribed to, or that its stop arrived before it.
#[derive(Serialize, Deserialize)]
pub struct RequestItem {
    /// Names the request.
    #[serde(flatten)]
    pub key: Key,
    #[serde(flatten)]
    turn: Option<RequestTurn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// When it subscribed to the turn, if it did not start it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscribed_at: Option<Timestamp>,
    /// It has given up the turn.
    #[serde(default, skip_serializing_if = "crate::serde_default::is_default")]
    pub has_let_go: bool,
    #[serde(default, skip_serializing_if = "crate::serde_default::is_default")]
    stop_requested: bool,
    expires_at: u64,
}

/// The turn that a request started or subscribed to.
#[derive(Serialize, Deserialize)]
struct RequestTurn {
    conversation_id: ConversationId,
    message_id: MessageId,
}

impl RequestItem {
    /// The item of the request that starts a turn.
    pub fn starting(turn: &NewTurn) -> Self {
        let reply = &turn.reply;
        Self {
            key: Key::request(&reply.user_id, &turn.subscriber.connection, &turn.subscriber.request),
            turn: Some(RequestTurn { conversation_id: reply.conversation_id.clone(), message_id: reply.id.clone() }),
            fingerprint: Some(turn.fingerprint.clone()),
            subscribed_at: None,
            has_let_go: false,
            stop_requested: turn.stopped_in_advance,
            expires_at: request_expiry(reply.created_at),
        }
    }

    /// The item of the request that answers a waiting turn.
    pub fn answering(answers: &Answers<'_>) -> Self {
        let Answers { turn, subscriber, .. } = answers;
        let (conversation_id, message_id) = (turn.conversation_id.clone(), turn.message_id.clone());
        Self {
            key: Key::request(&turn.user_id, &subscriber.connection, &subscriber.request),
            turn: Some(RequestTurn { conversation_id, message_id }),
            fingerprint: Some(answers.fingerprint.to_owned()),
            subscribed_at: None,
            has_let_go: false,
            stop_requested: false,
            expires_at: request_expiry(answers.now),
        }
    }

    /// The item of a request that is to be stopped when it arrives.
    pub fn stopped(key: Key, now: Timestamp) -> Self {
        let expires_at = (now + STOP_LIFETIME).seconds();
        Self {
            key,
            turn: None,
            fingerprint: None,
            subscribed_at: None,
            has_let_go: false,
            stop_requested: true,
            expires_at,
        }
    }

    /// The record of a request of `user`.
    pub fn into_record(self, user: &UserId) -> RequestRecord {
        match self.turn {
            None => RequestRecord::StoppedInAdvance,
            Some(RequestTurn { conversation_id, message_id }) => RequestRecord::Taken {
                turn: TurnKey { user_id: user.clone(), conversation_id, message_id },
                fingerprint: self.fingerprint,
            },
        }
    }
}

/// When a request made at `now` expires, in seconds since 1970.
pub fn request_expiry(now: Timestamp) -> u64 {
    (now + REQUEST_LIFETIME).seconds()
}

/// A message of a client and the turn that started with it, so that the message is recognised however long ago it was
/// sent.
#[derive(Serialize, Deserialize)]
pub struct SentItem {
    #[serde(flatten)]
    key: Key,
    message_id: MessageId,
}

impl SentItem {
    /// The item of the message that starts a turn.
    pub fn new(turn: &TurnKey, sent: &SentMessage) -> Self {
        let key = Key::sent_message(&turn.user_id, &turn.conversation_id, sent);
        Self { key, message_id: turn.message_id.clone() }
    }

    /// The reply of that turn.
    pub fn into_reply(self) -> MessageId {
        self.message_id
    }
}
