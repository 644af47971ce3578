//! Messages and conversations as they are read.

use crate::conversation::{Conversation, Message, MessageId};
use crate::reply::Reply;
use crate::turn::{Ending, Lease, Subscriber};

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMessage {
    /// The message.
    pub message: Message,
    /// Who writes or wrote it; `None` for a user's.
    pub lease: Option<Lease>,
    /// How the turn that wrote it ended.
    pub ending: Option<Ending>,
    /// The user wants it to stop.
    pub stop_requested: bool,
    /// Who asked for it, and who joined.
    pub subscribers: Vec<Subscriber>,
    /// Its end was not told yet.
    pub is_due: bool,
    /// Not all who followed it took its end.
    pub missed: bool,
    /// Tokens of the prompt that its model was asked with, estimated.
    pub prompt_tokens: u64,
}

impl StoredMessage {
    /// The reply that a message is, if it is one that has ended.
    pub fn into_reply(self) -> Option<Reply> {
        let message = self.message;
        Some(Reply {
            parts: message.parts,
            ending: Some(self.ending?),
            durable: true,
            usage: message.usage,
            cost: message.cost,
            timings: message.timings,
            ..Reply::new(message.id, message.model)
        })
    }
}

/// A conversation as a turn finds it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConversationSnapshot {
    /// The head; `None` for a conversation that does not exist yet or was deleted.
    pub conversation: Option<Conversation>,
    /// It was deleted. Some of its messages may still be there.
    pub is_deleted: bool,
    /// The reply of the turn that began with the message that was asked for.
    pub reply_to_sent: Option<MessageId>,
    /// Newest first.
    pub recent: Vec<StoredMessage>,
}

impl ConversationSnapshot {
    /// The message at the head of the conversation.
    pub fn head(&self) -> Option<&StoredMessage> {
        let head = &self.conversation.as_ref()?.head_message_id;
        self.recent.iter().find(|written| written.message.id == *head)
    }
}
