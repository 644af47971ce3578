//! A message, as it is stored.

use serde::{Deserialize, Serialize};

use super::super::stored_message::StoredMessage;
use super::super::turn_store::NewTurn;
use super::content::Content;
use super::key::{Due, Key};
use super::owner::{subscriber_to_text, subscribers_from_texts};
use super::segment::{Counted, SegmentItem};
use crate::conversation::{
    AgentsVersion, ClientMetadata, ConversationId, Entry, Feedback, Message, MessageId, Role, Status, Timestamp,
    Timings, Usage, UserId, join_entries,
};
use crate::error::ErrorCode;
use crate::turn::{Ending, FinishReason, Lease};

/// A message. While a reply is being written it also holds the lease, what others ask of its owner, and its key in the
/// `due` index.
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
    #[serde(default, skip_serializing_if = "crate::serde_default::is_default")]
    segment_count: u32,
    /// The attempt that wrote the content and its segments: not the last one, until that has stored something.
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agents_version: Option<AgentsVersion>,
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
    #[serde(default, skip_serializing_if = "crate::serde_default::is_default")]
    stop_requested: bool,
    #[serde(default, skip_serializing)]
    missed: bool,
    /// Until when it waits for the user, once that is delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waits_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "serde_dynamo::string_set")]
    subscribers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
}

impl MessageItem {
    /// A message of a user.
    pub fn question(message: &Message) -> Self {
        let message = message.clone();
        Self {
            key: Key::message(&message.user_id, &message.conversation_id, &message.id),
            tail: Content::from(&message.entries[..]),
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
            agents_version: message.agents_version,
            model: message.model,
            usage: message.usage,
            cost: message.cost,
            timings: message.timings,
            feedback: message.feedback,
            client_metadata: message.client_metadata,
            lease: None,
            stop_requested: false,
            missed: false,
            waits_until: None,
            subscribers: Vec::new(),
            due: None,
            due_at: None,
        }
    }

    /// The empty reply of a turn that starts.
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

    /// The message, with the segments that were read after it, newest first. Those of another attempt are skipped.
    pub fn assemble(self, segments: Vec<SegmentItem>) -> StoredMessage {
        let counted = self.counted();
        let earlier = segments.into_iter().rev().filter(|segment| counted.holds(segment));
        let earlier: Vec<Entry> = earlier.flat_map(|segment| segment.content.into_entries(&self.id)).collect();
        let (stored, tail) = self.into_stored();
        StoredMessage {
            message: Message { entries: join_entries(earlier.into_iter().chain(tail)), ..stored.message },
            ..stored
        }
    }

    /// Which segments are part of the message.
    pub fn counted(&self) -> Counted {
        let attempt = self.content_attempt.or(self.lease.as_ref().map(|lease| lease.attempt));
        Counted::new(attempt, self.segment_count)
    }

    /// The message without its log, and the entries after its segments.
    pub fn into_stored(self) -> (StoredMessage, Vec<Entry>) {
        let stored = StoredMessage {
            lease: self.lease,
            ending: Ending::stored(self.status, self.finish_reason, self.error),
            stop_requested: self.stop_requested,
            subscribers: subscribers_from_texts(&self.subscribers),
            is_due: self.due.is_some() && self.waits_until.is_none(),
            missed: self.missed,
            waits_until: self.waits_until,
            prompt_tokens: self.prompt_tokens.unwrap_or_default(),
            message: Message {
                id: self.id,
                client_id: self.client_id,
                conversation_id: self.conversation_id,
                user_id: self.user_id,
                role: self.role,
                parent_id: self.parent_id,
                entries: Vec::new(),
                created_at: self.created_at,
                status: self.status,
                agent: self.agent,
                agents_version: self.agents_version,
                model: self.model,
                usage: self.usage,
                cost: self.cost,
                timings: self.timings,
                feedback: self.feedback,
                client_metadata: self.client_metadata,
            },
        };
        let entries = self.tail.into_entries(&stored.message.id);
        (stored, entries)
    }
}
