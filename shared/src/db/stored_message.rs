//! Messages and conversations as they are stored.

use std::collections::BTreeSet;

use crate::allowance::RunId;
use crate::conversation::{Conversation, Message, MessageId, Timestamp};
use crate::reply::Reply;
use crate::turn::{Ending, Lease, Subscriber};

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMessage {
    /// The message.
    pub message: Message,
    /// The lease of its last owner; `None` for a user's message.
    pub lease: Option<Lease>,
    /// How the turn that wrote it ended.
    pub ending: Option<Ending>,
    /// The user has asked to stop it.
    pub stop_requested: bool,
    /// The recorded subscribers.
    pub subscribers: Vec<Subscriber>,
    /// Its end is not delivered yet.
    pub is_due: bool,
    /// Not all subscribers received its end.
    pub missed: bool,
    /// Until when it waits for the user, once that is delivered.
    pub waits_until: Option<Timestamp>,
    /// Tokens of the model's prompt, estimated.
    pub prompt_tokens: u64,
}

impl StoredMessage {
    /// The last run of the turn that wrote it.
    pub fn run(&self) -> RunId {
        RunId::beginning_at(&self.message.id, self.run_start())
    }

    /// How long the log was when that run began.
    pub fn run_start(&self) -> usize {
        self.lease.as_ref().map_or(0, |lease| lease.run_start)
    }

    /// The message as a reply, if it is one that has ended.
    pub fn into_reply(self) -> Option<Reply> {
        let message = self.message;
        Some(Reply {
            entries: message.entries,
            ending: Some(self.ending?),
            durable: true,
            usage: message.usage,
            cost: message.cost,
            timings: message.timings,
            ..Reply::new(message.id, message.model)
        })
    }
}

/// A snapshot of a conversation, as a turn reads it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConversationSnapshot {
    /// The head; `None` if the conversation does not exist yet or was deleted.
    pub conversation: Option<Conversation>,
    /// It was deleted. Some of its messages may still be there.
    pub is_deleted: bool,
    /// The reply of the turn that started with the message in question.
    pub reply_to_sent: Option<MessageId>,
    /// Newest first.
    pub recent: Vec<StoredMessage>,
}

impl ConversationSnapshot {
    /// The message at the head of the conversation.
    pub fn head(&self) -> Option<&StoredMessage> {
        let head = &self.conversation.as_ref()?.head_message_id;
        self.recent.iter().find(|stored| stored.message.id == *head)
    }

    /// The message that a reply answers, if it was read.
    pub fn question_of(&self, reply: &Message) -> Option<&Message> {
        let asked = reply.parent_id.as_ref()?;
        self.messages().into_iter().find(|message| message.id == *asked)
    }

    /// The message at the head of the conversation.
    pub fn head_mut(&mut self) -> Option<&mut StoredMessage> {
        let head = &self.conversation.as_ref()?.head_message_id;
        self.recent.iter_mut().find(|stored| stored.message.id == *head)
    }

    /// The tools that the user has allowed in the conversation.
    pub fn allowed_tools(&self) -> BTreeSet<String> {
        self.conversation.as_ref().map(|conversation| conversation.allowed_tools.clone()).unwrap_or_default()
    }

    /// The messages that were read, newest first.
    pub fn messages(&self) -> Vec<&Message> {
        self.recent.iter().map(|stored| &stored.message).collect()
    }
}
