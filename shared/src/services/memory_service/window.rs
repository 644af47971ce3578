//! Selects the context of a prompt.

use std::collections::HashSet;

use crate::agents::PAST_OUTCOME_BYTES;
use crate::conversation::{Entry, Message, MessageId, Role};
use crate::db::{SEGMENT_BYTES, StoredMessage};
use crate::error::ErrorCode;
use crate::turn::{Ending, FinishReason};

/// The size of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryLimits {
    /// The most messages.
    pub messages: usize,
    /// The most tokens, as [`estimated_tokens`] counts them.
    pub tokens: usize,
}

/// Selects the window of messages that a model gets.
#[derive(Debug, Clone, Copy)]
pub struct MemoryService {
    limits: MemoryLimits,
}

impl MemoryService {
    /// A memory of this size.
    pub fn new(limits: MemoryLimits) -> Self {
        Self { limits }
    }

    /// How many items are worth reading from the database: the window's messages, the new message, and the segments of
    /// long ones, of which no more fit than the window's tokens.
    pub fn items_to_read(&self) -> usize {
        self.limits.messages + 2 + self.limits.tokens * BYTES_PER_TOKEN / SEGMENT_BYTES
    }

    /// Whether the window has room for more than these messages.
    pub fn has_room_behind(&self, messages: &[&Message]) -> bool {
        let tokens: usize = messages.iter().copied().map(tokens_of).sum();
        messages.len() < self.limits.messages && tokens <= self.limits.tokens
    }

    /// The newest messages of `branch`, oldest first, that fit the limits.
    ///
    /// The window begins with a user message: a reply is never separated from the message that it answers. Exchanges
    /// that a content filter `refused` are left out, question and reply: they would be refused again, with whatever is
    /// asked next.
    pub fn recall<'a>(&self, branch: Vec<&'a Message>, refused: &RefusedReplies<'_>) -> Vec<&'a Message> {
        let branch = refused.leave_out(branch);
        let mut tokens = 0;
        let fitting = branch
            .iter()
            .rev()
            .take(self.limits.messages)
            .take_while(|message| {
                tokens += tokens_of(message);
                tokens <= self.limits.tokens
            })
            .count();
        let oldest = branch.len() - fitting;
        branch.into_iter().skip(oldest).skip_while(|message| message.role != Role::User).collect()
    }
}

/// The replies that a provider's content filter refused or cut off.
#[derive(Debug, Default)]
pub struct RefusedReplies<'a>(HashSet<&'a MessageId>);

impl<'a> RefusedReplies<'a> {
    /// Those among the stored messages.
    pub fn among(stored: &'a [StoredMessage]) -> Self {
        let is_refused = |reply: &&StoredMessage| {
            matches!(
                reply.ending,
                Some(Ending::Failed(ErrorCode::ContentFiltered) | Ending::Complete(FinishReason::ContentFilter))
            )
        };
        Self(stored.iter().filter(is_refused).map(|reply| &reply.message.id).collect())
    }

    // In a branch, a reply follows the message that it answers.
    fn leave_out<'m>(&self, branch: Vec<&'m Message>) -> Vec<&'m Message> {
        let replies = branch.iter().filter(|message| self.0.contains(&message.id));
        let answered: Vec<&MessageId> = replies.filter_map(|reply| reply.parent_id.as_ref()).collect();
        let is_left_out = |id: &MessageId| self.0.contains(id) || answered.contains(&id);
        branch.into_iter().filter(|message| !is_left_out(&message.id)).collect()
    }
}

/// For English text, code and Japanese, within 7 %.
const BYTES_PER_TOKEN: usize = 4;

/// The overhead of each message of a prompt.
const TOKENS_PER_MESSAGE: usize = 4;

/// Tokens of a message of so many bytes, estimated: good for most text, too many for Russian, too few for digits and emoji.
/// Tokenizers cost megabytes and are wrong for every other provider's model.
pub fn estimated_tokens(bytes: usize) -> usize {
    bytes.div_ceil(BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE
}

// Tokens of a message of the past: its text, and its tool calls with what a model is told of their outcomes.
fn tokens_of(message: &Message) -> usize {
    let told = |entry: &Entry| match entry {
        Entry::Text { text } => text.len(),
        Entry::ToolCall { input, .. } => input.len(),
        Entry::ToolOutput { outcome, .. } => outcome.text.len().min(PAST_OUTCOME_BYTES),
        _ => 0,
    };
    estimated_tokens(message.entries.iter().map(told).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Timestamp;

    #[test]
    fn the_newest_messages_are_recalled_oldest_first() {
        assert_eq!(recall(4, 1000, &["u:a", "m:b", "u:c", "m:d", "u:e", "m:f"]), ["c", "d", "e", "f"]);
    }

    #[test]
    fn messages_beyond_the_budget_are_omitted() {
        let long = format!("u:{}", "x".repeat(400));
        assert_eq!(recall(10, 60, &[&long, "m:b", "u:c", "m:d"]), ["c", "d"]);
    }

    #[test]
    fn a_window_never_begins_with_a_reply() {
        assert_eq!(recall(3, 1000, &["u:a", "m:b", "u:c", "m:d"]), ["c", "d"]);
        assert_eq!(recall(1, 1000, &["u:a", "m:b"]), Vec::<String>::new());
    }

    #[test]
    fn a_message_longer_than_the_budget_leaves_nothing() {
        assert_eq!(recall(10, 3, &["u:hello", "m:b"]), Vec::<String>::new());
    }

    #[test]
    fn a_filtered_reply_is_omitted_with_its_question() {
        for ending in [Ending::Failed(ErrorCode::ContentFiltered), Ending::Complete(FinishReason::ContentFilter)] {
            assert_eq!(recall_after(ending), ["c", "d"], "{ending:?}");
        }
        for ending in [Ending::Failed(ErrorCode::ModelUnavailable), Ending::Complete(FinishReason::Stop)] {
            assert_eq!(recall_after(ending), ["a", "b", "c", "d"], "{ending:?}");
        }
    }

    /// What is recalled of two exchanges, of which the first ended so.
    fn recall_after(ending: Ending) -> Vec<String> {
        let mut branch: Vec<Message> = ["u:a", "m:b", "u:c", "m:d"].map(message).into();
        for (number, message) in branch.iter_mut().enumerate() {
            message.id = format!("m{number}").parse().unwrap();
            message.parent_id = number.checked_sub(1).map(|parent| format!("m{parent}").parse().unwrap());
        }
        let refused = StoredMessage {
            message: branch[1].clone(),
            lease: None,
            ending: Some(ending),
            stop_requested: false,
            subscribers: Vec::new(),
            is_due: false,
            missed: false,
            waits_until: None,
            prompt_tokens: 0,
        };
        let memory = MemoryService::new(MemoryLimits { messages: 10, tokens: 1000 });
        memory
            .recall(branch.iter().collect(), &RefusedReplies::among(&[refused]))
            .into_iter()
            .map(Message::content)
            .collect()
    }

    /// `u:` is the user, `m:` the model.
    fn recall(messages: usize, tokens: usize, past: &[&str]) -> Vec<String> {
        let branch: Vec<Message> = past.iter().map(|said| message(said)).collect();
        let memory = MemoryService::new(MemoryLimits { messages, tokens });
        memory.recall(branch.iter().collect(), &RefusedReplies::default()).into_iter().map(Message::content).collect()
    }

    fn message(said: &str) -> Message {
        let (who, text) = said.split_once(':').unwrap();
        let role = if who == "u" { Role::User } else { Role::Assistant };
        let (id, user, conversation) = ("m".parse().unwrap(), "u".parse().unwrap(), "c".parse().unwrap());
        Message { role, ..Message::question(id, user, conversation, None, text, Timestamp(0)) }
    }
}
