//! The items of the table, as serde writes and reads them.
//!
//! `expires_at` (seconds since 1970) is the table's time to live. DynamoDB deletes late, so what has expired is passed
//! over by time wherever it matters.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::connection_store::ConnectionRecord;
use super::content::Content;
use super::keys::{Due, Key};
use super::store::{NewTurn, RequestRecord, SentMessage, StoreError, Written};
use super::text_part_store::TextPart;
use super::ticket_store::TicketRecord;
use crate::auth::Identity;
use crate::conversation::{
    ClientMetadata, ConnectionId, ConversationId, Feedback, Message, MessageId, Part, Role, Status, Timestamp, Timings,
    Usage, UserId, join_parts, text_bytes,
};
use crate::error::ErrorCode;
use crate::turn::{Ending, FinishReason, Lease, Subscriber, TurnKey};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// How long a request is remembered: longer than a connection lives and any retry comes.
const REQUEST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the stop of a request that has not come yet is remembered: frames are handled side by side, and a message may wait
/// for a function to start.
const STOP_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// How long a piece of a text is kept at the most: its message comes right behind it.
const TEXT_PART_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// How much longer than a connection its item is kept, so that the sweep finds it and closes the connection.
const CONNECTION_KEPT: Duration = Duration::from_secs(60 * 60);

/// How long it is remembered that a connection broke off: longer than a reply is shown again to who missed its end.
pub const LOSS_KEPT: Duration = Duration::from_secs(15 * 60);

/// How long the places of a user are remembered behind the last connection: longer than one lives.
pub const PLACES_LIFETIME: Duration = Duration::from_secs(3 * 60 * 60);

/// Reads an item.
pub fn read<'a, T: Deserialize<'a>>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// Writes an item.
pub fn write<T: Serialize>(item: &T) -> Result<Item, StoreError> {
    serde_dynamo::to_item(item).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// Writes the value of one attribute.
pub fn value<T: Serialize>(value: T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// A message. While a reply is written it also holds its owner's lease, what others ask of the owner, and its place in
/// the index of what is due.
#[derive(Serialize, Deserialize)]
pub struct MessageItem {
    #[serde(flatten)]
    key: Key,
    id: MessageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<MessageId>,
    conversation_id: ConversationId,
    user_id: UserId,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<MessageId>,
    #[serde(flatten)]
    tail: Content,
    /// How many segments come before the content.
    #[serde(default, skip_serializing_if = "is_zero")]
    segment_count: u32,
    /// The attempt that wrote the content and its segments: not the last one, as long as that has stored nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_attempt: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt_tokens: Option<u64>,
    created_at: Timestamp,
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finish_reason: Option<FinishReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<ErrorCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timings: Option<Timings>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    feedback: Option<Feedback>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_metadata: Option<ClientMetadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<Lease>,
    #[serde(default, skip_serializing_if = "is_false")]
    stop_requested: bool,
    #[serde(default, skip_serializing)]
    missed: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "serde_dynamo::string_set")]
    subscribers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
}

// The signature is serde's.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

// The signature is serde's.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl MessageItem {
    /// A message of a person.
    pub fn question(message: &Message) -> Self {
        let message = message.clone();
        Self {
            key: Key::message(&message.user_id, &message.conversation_id, &message.id),
            tail: Content::from(&message.parts[..]),
            segment_count: 0,
            content_attempt: None,
            prompt_tokens: None,
            id: message.id,
            client_id: message.client_id,
            conversation_id: message.conversation_id,
            user_id: message.user_id,
            role: message.role,
            parent_id: message.parent_id,
            created_at: message.created_at,
            status: message.status,
            finish_reason: None,
            error: None,
            agent: message.agent,
            model: message.model,
            usage: message.usage,
            cost: message.cost,
            timings: message.timings,
            feedback: message.feedback,
            client_metadata: message.client_metadata,
            lease: None,
            stop_requested: false,
            missed: false,
            subscribers: Vec::new(),
            due: None,
            due_at: None,
        }
    }

    /// The reply that is about to be written in a turn.
    pub fn reply(turn: &NewTurn) -> Self {
        let item = Self::question(&turn.reply);
        Self {
            due: Some(Due::Turn.partition(&item.key)),
            due_at: Some(turn.lease.expires_at),
            lease: Some(turn.lease.clone()),
            subscribers: vec![subscriber_to_text(&turn.subscriber)],
            stop_requested: turn.stopped_in_advance,
            prompt_tokens: Some(turn.prompt_tokens),
            ..item
        }
    }

    /// The message, with the segments that were read behind it, newest first. Those of another attempt are passed over.
    pub fn assemble(self, segments: Vec<SegmentItem>) -> Written {
        let counted = self.counted();
        let earlier = segments.into_iter().rev().filter(|segment| counted.holds(segment));
        let earlier: Vec<Part> = earlier.flat_map(|segment| Vec::<Part>::from(segment.content)).collect();
        let (written, tail) = self.into_written();
        Written {
            message: Message { parts: join_parts(earlier.into_iter().chain(tail)), ..written.message },
            ..written
        }
    }

    /// Which segments are part of the message.
    pub fn counted(&self) -> Counted {
        let attempt = self.content_attempt.or(self.lease.as_ref().map(|lease| lease.attempt));
        Counted { attempt, segments: self.segment_count }
    }

    /// The message without its parts, and those parts that come behind its segments.
    pub fn into_written(self) -> (Written, Vec<Part>) {
        let written = Written {
            lease: self.lease,
            ending: Ending::stored(self.status, self.finish_reason, self.error),
            stop_requested: self.stop_requested,
            subscribers: subscribers_from_texts(&self.subscribers),
            is_due: self.due.is_some(),
            missed: self.missed,
            prompt_tokens: self.prompt_tokens.unwrap_or_default(),
            message: Message {
                id: self.id,
                client_id: self.client_id,
                conversation_id: self.conversation_id,
                user_id: self.user_id,
                role: self.role,
                parent_id: self.parent_id,
                parts: Vec::new(),
                created_at: self.created_at,
                status: self.status,
                agent: self.agent,
                model: self.model,
                usage: self.usage,
                cost: self.cost,
                timings: self.timings,
                feedback: self.feedback,
                client_metadata: self.client_metadata,
            },
        };
        (written, self.tail.into())
    }
}

/// Which segments are part of a message, for whoever reads them without it.
#[derive(Clone, Copy)]
pub struct Counted {
    attempt: Option<u32>,
    segments: u32,
}

impl Counted {
    /// Whether a segment is one of them, and not of another attempt or of a save that was not finished.
    pub fn holds(self, segment: &SegmentItem) -> bool {
        self.attempt == Some(segment.attempt) && segment.number < self.segments
    }
}

/// An early piece of a long reply, written once.
#[derive(Serialize, Deserialize)]
pub struct SegmentItem {
    #[serde(flatten)]
    key: Key,
    attempt: u32,
    /// Counted from 0.
    pub number: u32,
    /// Bytes of its text. Of two pieces with one number the longer one is the later.
    #[serde(default)]
    pub bytes: usize,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

impl SegmentItem {
    /// The segment with this number, counted from 0.
    pub fn new(turn: &TurnKey, attempt: u32, number: u32, parts: &[Part]) -> Self {
        let bytes = text_bytes(parts);
        Self { key: Key::segment(turn, attempt, number), attempt, number, bytes, content: Content::from(parts) }
    }
}

/// A request: the turn that it started or follows, or that its stop has come before itself.
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
    #[serde(default, skip_serializing_if = "is_false")]
    stop_requested: bool,
    expires_at: u64,
}

/// The turn that a request started or follows.
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
            stop_requested: turn.stopped_in_advance,
            expires_at: request_expiry(reply.created_at),
        }
    }

    /// The item of a request that is to be stopped when it comes.
    pub fn stopped(key: Key, now: Timestamp) -> Self {
        let expires_at = (now + STOP_LIFETIME).seconds();
        Self { key, turn: None, fingerprint: None, subscribed_at: None, stop_requested: true, expires_at }
    }

    /// What it says of a request of `user`.
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

/// When a request that is made at `now` is forgotten, in seconds since 1970.
pub fn request_expiry(now: Timestamp) -> u64 {
    (now + REQUEST_LIFETIME).seconds()
}

/// A message of a client and the turn that began with it, so that the message is known again however long ago that was.
#[derive(Serialize, Deserialize)]
pub struct SentItem {
    #[serde(flatten)]
    key: Key,
    message_id: MessageId,
}

impl SentItem {
    /// The item of the message with which a turn began.
    pub fn new(turn: &TurnKey, sent: &SentMessage) -> Self {
        let key = Key::sent_message(&turn.user_id, &turn.conversation_id, sent);
        Self { key, message_id: turn.message_id.clone() }
    }

    /// The reply of that turn.
    pub fn into_reply(self) -> MessageId {
        self.message_id
    }
}

/// A piece of a text whose message has not come yet.
#[derive(Serialize, Deserialize)]
pub struct TextPartItem {
    #[serde(flatten)]
    key: Key,
    /// Its place in the text.
    pub index: usize,
    /// What it says.
    pub text: String,
    /// Seconds since 1970.
    expires_at: u64,
}

impl From<&TextPart> for TextPartItem {
    fn from(part: &TextPart) -> Self {
        let Subscriber { connection, request } = &part.request;
        Self {
            key: Key::text_part(&part.user, connection, request, part.index),
            index: part.index,
            text: part.text.clone(),
            expires_at: (part.sent_at + TEXT_PART_LIFETIME).seconds(),
        }
    }
}

/// A live connection, in the index of what is due: first when its client is to be told of its end, then at its end.
#[derive(Serialize, Deserialize)]
pub struct ConnectionItem {
    /// Names the user and the connection.
    #[serde(flatten)]
    pub key: Key,
    connected_at: Timestamp,
    /// When it ends, or broke off.
    #[serde(default)]
    pub ends_at: Timestamp,
    /// Seconds since 1970.
    expires_at: u64,
    due: Option<String>,
    due_at: Option<Timestamp>,
}

impl From<&ConnectionRecord> for ConnectionItem {
    fn from(record: &ConnectionRecord) -> Self {
        let key = Key::connection(&record.user, &record.connection);
        Self {
            due: Some(Due::Connection.partition(&key)),
            due_at: Some(record.notice_at),
            connected_at: record.connected_at,
            ends_at: record.ends_at,
            // The sweep closes it first.
            expires_at: (record.ends_at + CONNECTION_KEPT).seconds(),
            key,
        }
    }
}

/// Which connections have a user's places.
#[derive(Default, Deserialize)]
pub struct PlacesItem {
    #[serde(default, with = "serde_dynamo::string_set")]
    places: Vec<String>,
}

impl PlacesItem {
    /// The connections.
    pub fn connections(&self) -> Vec<ConnectionId> {
        self.places.iter().filter_map(|connection| connection.parse().ok()).collect()
    }
}

/// A ticket that was not used yet.
#[derive(Serialize, Deserialize)]
pub struct TicketItem {
    #[serde(flatten)]
    key: Key,
    owner: UserId,
    /// Seconds since 1970.
    token_expires_at: u64,
    /// Seconds since 1970.
    expires_at: u64,
}

impl From<&TicketRecord> for TicketItem {
    fn from(record: &TicketRecord) -> Self {
        Self {
            key: Key::ticket(&record.digest),
            owner: record.identity.user.clone(),
            token_expires_at: record.identity.expires_at,
            expires_at: record.expires_at.seconds(),
        }
    }
}

impl From<TicketItem> for Identity {
    fn from(item: TicketItem) -> Self {
        Self { user: item.owner, expires_at: item.token_expires_at }
    }
}

/// What is read back of a reply when it is written.
#[derive(Deserialize)]
pub struct OwnerItem {
    /// The state it is in.
    pub status: Status,
    /// Who writes or wrote it.
    #[serde(default)]
    pub lease: Option<Lease>,
    /// The person wants it to stop.
    #[serde(default)]
    pub stop_requested: bool,
    /// `connection#request` of each who asked or joined.
    #[serde(default, with = "serde_dynamo::string_set")]
    subscribers: Vec<String>,
}

impl OwnerItem {
    /// All who asked or joined.
    pub fn subscribers(&self) -> Vec<Subscriber> {
        subscribers_from_texts(&self.subscribers)
    }
}

/// A subscriber as a member of a set of strings. Ids hold no '#'.
pub fn subscriber_to_text(subscriber: &Subscriber) -> String {
    format!("{}#{}", subscriber.connection, subscriber.request)
}

fn subscribers_from_texts(texts: &[String]) -> Vec<Subscriber> {
    texts.iter().filter_map(|text| subscriber_from_text(text)).collect()
}

fn subscriber_from_text(text: &str) -> Option<Subscriber> {
    let (connection, request) = text.split_once('#')?;
    Some(Subscriber { connection: connection.parse().ok()?, request: request.parse().ok()? })
}
