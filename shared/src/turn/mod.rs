//! The states of a turn and the decisions about it, pure: no clock, no I/O.
//!
//! A turn is one message of a user and the reply to it. It is `Streaming` while some function holds its lease,
//! and ends exactly once, in one of the four other states.

mod answers;
mod calls;
mod placement;
mod subscriber;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::conversation::{ConversationId, MessageId, Status, Timestamp, UserId};
use crate::error::ErrorCode;

pub use answers::{Answer, AnswerContent, BreakOff, answering_entries, closing_entries, ends_of_open_calls};
pub use calls::{Call, CallState, behind_requests, calls, completed, open_calls, steps};
pub use placement::{Intent, Opening, Parent, Placement, PlacementError, digest_of, place};
pub use subscriber::Subscriber;

/// Why a model stopped writing. The names are those of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum FinishReason {
    /// The reply is complete.
    Stop,
    /// The token limit was reached.
    Length,
    /// The provider's content filter intervened.
    ContentFilter,
    /// The model asks for a tool call.
    ToolCalls,
    /// The user stopped the reply while a tool call was open.
    Interrupted,
    /// Anything else.
    Other,
}

/// The name on the wire.
impl fmt::Display for FinishReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The model finished.
    Complete(FinishReason),
    /// It waits for the user, and goes on when the user has answered.
    Waiting,
    /// The user stopped it.
    Stopped,
    /// The model failed, with the code that the client gets.
    Failed(ErrorCode),
    /// It was cut off by a lost model stream, or by the function's deadline.
    Interrupted,
}

impl Ending {
    /// The ending of a stored reply, from its status and the attributes beside it; `None` while it is streaming.
    pub fn stored(status: Status, finish_reason: Option<FinishReason>, error: Option<ErrorCode>) -> Option<Self> {
        Some(match status {
            Status::Streaming => return None,
            Status::Waiting => Ending::Waiting,
            Status::Complete => Ending::Complete(finish_reason.unwrap_or(FinishReason::Other)),
            Status::Stopped => Ending::Stopped,
            Status::Failed => Ending::Failed(error.unwrap_or(ErrorCode::Internal)),
            Status::Interrupted => Ending::Interrupted,
        })
    }

    /// The status the reply is stored with.
    pub fn status(self) -> Status {
        match self {
            Ending::Complete(_) => Status::Complete,
            Ending::Waiting => Status::Waiting,
            Ending::Stopped => Status::Stopped,
            Ending::Failed(_) => Status::Failed,
            Ending::Interrupted => Status::Interrupted,
        }
    }
}

/// Names a turn: the reply's message and the conversation it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnKey {
    /// Whose turn it is.
    pub user_id: UserId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The reply's message.
    pub message_id: MessageId,
}

/// The right to write a reply: held by one function, and extended by every save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The invocation that holds it.
    pub owner: String,
    /// The number of the attempt; 1 for the first owner.
    pub attempt: u32,
    /// When others may treat the turn as abandoned.
    pub expires_at: Timestamp,
    /// How often its owner has renewed it. Orders the saves of one owner, so that a delayed one never overwrites a
    /// later one.
    #[serde(default, skip_serializing_if = "crate::serde_default::is_default")]
    pub renewals: u64,
    /// How many attempts have ended with a completed model call, or with an answer of the user. They are not counted as
    /// failed.
    #[serde(default, skip_serializing_if = "crate::serde_default::is_default")]
    pub completed_attempts: u32,
    /// How long the log was when this run of the turn began: 0, or where the turn went on after its last wait. What was
    /// used before is settled apart.
    #[serde(default, skip_serializing_if = "crate::serde_default::is_default")]
    pub run_start: usize,
}

/// How long a turn waits for the user. Then its open calls are ended.
pub const MAX_WAIT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many attempts a model call of a turn has at most: the first, and one more after its owner died.
pub const MAX_ATTEMPTS: u32 = 2;

impl Lease {
    /// The lease of the first owner of a turn.
    pub fn first(owner: String, expires_at: Timestamp) -> Self {
        Self { owner, attempt: 1, expires_at, renewals: 0, completed_attempts: 0, run_start: 0 }
    }

    /// The same lease, renewed by its owner.
    pub fn renewed(&self, expires_at: Timestamp) -> Self {
        Self { expires_at, renewals: self.renewals + 1, ..self.clone() }
    }

    /// The lease of the next owner; `None` after [`MAX_ATTEMPTS`].
    pub fn taken_over(&self, owner: String, expires_at: Timestamp) -> Option<Self> {
        let is_left = self.attempt - self.completed_attempts.min(self.attempt) < MAX_ATTEMPTS;
        is_left.then(|| self.passed_on(owner, expires_at))
    }

    /// The lease of the owner that goes on after the user has answered, with a log of `run_start` entries.
    pub fn continued(&self, owner: String, expires_at: Timestamp, run_start: usize) -> Self {
        Self { completed_attempts: self.attempt, run_start, ..self.passed_on(owner, expires_at) }
    }

    /// The same lease after a model call that ended: the next one has all attempts before it.
    pub fn advanced(&self) -> Self {
        Self { completed_attempts: self.attempt.saturating_sub(1), ..self.clone() }
    }

    fn passed_on(&self, owner: String, expires_at: Timestamp) -> Self {
        Self { owner, attempt: self.attempt.saturating_add(1), expires_at, renewals: 0, ..self.clone() }
    }
}

/// The state of the reply at the head of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadState {
    /// It has ended, or there is none.
    Ended,
    /// Its owner is writing it.
    Running,
    /// It has not ended, but its lease has expired.
    Abandoned,
}

impl HeadState {
    /// Returns the state of a reply with this status and lease.
    pub fn of(status: Status, lease: Option<&Lease>, now: Timestamp) -> Self {
        match lease {
            Some(lease) if status == Status::Streaming && lease.expires_at > now => HeadState::Running,
            Some(_) if status == Status::Streaming => HeadState::Abandoned,
            _ => HeadState::Ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_taken_over_once_and_then_given_up() {
        let first = Lease::first("one".to_owned(), Timestamp(10)).renewed(Timestamp(12));
        let second = first.taken_over("two".to_owned(), Timestamp(20)).unwrap();
        assert_eq!(second, Lease { attempt: 2, ..Lease::first("two".to_owned(), Timestamp(20)) });
        assert_eq!(second.taken_over("three".to_owned(), Timestamp(30)), None);
    }
}
