//! What of a conversation's past goes into the prompt.

use super::saver::SEGMENT_BYTES;
use crate::conversation::{Message, Role};

/// How much of the past is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryLimits {
    /// The most messages.
    pub messages: usize,
    /// The most tokens, as [`estimated_tokens`] counts them.
    pub tokens: usize,
}

/// Chooses the window of the past that a model is shown.
#[derive(Debug, Clone, Copy)]
pub struct MemoryService {
    limits: MemoryLimits,
}

impl MemoryService {
    /// A memory of this size.
    pub fn new(limits: MemoryLimits) -> Self {
        Self { limits }
    }

    /// How many items are worth reading from the database: the window's messages, the new message's place among them,
    /// and the segments of long ones, of which no more fit the window than its tokens take.
    pub fn items_to_read(&self) -> usize {
        self.limits.messages + 2 + self.limits.tokens * BYTES_PER_TOKEN / SEGMENT_BYTES
    }

    /// The newest messages of `branch`, oldest first, that fit the limits.
    ///
    /// The window begins with a message of the person: what a model said, and with it any exchange with tools, is never
    /// parted from the message that it answers.
    pub fn recall(&self, branch: Vec<Message>) -> Vec<Message> {
        let mut tokens = 0;
        let fitting = branch
            .iter()
            .rev()
            .take(self.limits.messages)
            .take_while(|message| {
                tokens += estimated_tokens(&message.content());
                tokens <= self.limits.tokens
            })
            .count();
        let oldest = branch.len() - fitting;
        branch.into_iter().skip(oldest).skip_while(|message| message.role != Role::User).collect()
    }
}

/// What a token is of English text, code and Japanese, within 7 %.
const BYTES_PER_TOKEN: usize = 4;

/// What the frame around each message of a prompt takes.
const TOKENS_PER_MESSAGE: usize = 4;

/// Tokens of a message, estimated from its bytes: good for most text, too many for Russian, too few for digits and emoji.
/// Tokenizers cost megabytes and are wrong for every other provider's model.
pub fn estimated_tokens(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Part, Timestamp};
    use crate::turn::Status;

    #[test]
    fn the_newest_messages_are_recalled_oldest_first() {
        assert_eq!(recall(4, 1000, &["u:a", "m:b", "u:c", "m:d", "u:e", "m:f"]), ["c", "d", "e", "f"]);
    }

    #[test]
    fn what_does_not_fit_the_budget_is_left_out() {
        let long = format!("u:{}", "x".repeat(400));
        assert_eq!(recall(10, 60, &[&long, "m:b", "u:c", "m:d"]), ["c", "d"]);
    }

    #[test]
    fn a_window_never_begins_with_what_a_model_said() {
        assert_eq!(recall(3, 1000, &["u:a", "m:b", "u:c", "m:d"]), ["c", "d"]);
        assert_eq!(recall(1, 1000, &["u:a", "m:b"]), Vec::<String>::new());
    }

    #[test]
    fn a_message_longer_than_the_budget_leaves_nothing() {
        assert_eq!(recall(10, 3, &["u:hello", "m:b"]), Vec::<String>::new());
    }

    /// `u:` is the person, `m:` the model.
    fn recall(messages: usize, tokens: usize, past: &[&str]) -> Vec<String> {
        let branch = past.iter().map(|said| message(said)).collect();
        let window = MemoryService::new(MemoryLimits { messages, tokens }).recall(branch);
        window.iter().map(Message::content).collect()
    }

    fn message(said: &str) -> Message {
        let (who, text) = said.split_once(':').unwrap();
        Message {
            id: "m".parse().unwrap(),
            client_id: None,
            conversation_id: "c".parse().unwrap(),
            user_id: "u".parse().unwrap(),
            role: if who == "u" { Role::User } else { Role::Assistant },
            parent_id: None,
            parts: vec![Part::Text { text: text.to_owned() }],
            created_at: Timestamp(0),
            status: Status::Complete,
            agent: None,
            model: None,
            usage: None,
            cost: None,
            timings: None,
            feedback: None,
        }
    }
}
