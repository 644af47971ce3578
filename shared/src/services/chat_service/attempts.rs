//! The attempts to start a turn: why one fails, and whether and when another is made.

use std::time::Duration;

use tokio::time::sleep;

use crate::allowance::TurnUsage;
use crate::conversation::MessageId;
use crate::db::StoreError;
use crate::error::{ChatError, ErrorCode};

/// How often a request is tried when others change the conversation concurrently.
pub(super) const MAX_ATTEMPTS: usize = 3;

/// How often it is tried when the same user starts turns in other conversations concurrently: they are admitted one
/// after another. The pause grows by this with each attempt.
const MAX_ADMISSION_ATTEMPTS: u32 = 10;
const ADMISSION_RETRY_PAUSE: Duration = Duration::from_millis(10);

/// How long a message waits for a reply that is being stopped to end, polling. A client that stops a reply and at once
/// sends the next message should not get `conversation_busy`.
const STOP_GRACE: Duration = Duration::from_secs(3);
const BUSY_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How long a message waits for a stop that was sent before it: frames are handled concurrently and may be reordered.
const STOP_REORDER_WINDOW: Duration = Duration::from_millis(200);

/// The state of the attempts to start a turn.
#[derive(Default)]
pub(super) struct Attempts {
    stale: usize,
    allowance_conflicts: u32,
    waited: Duration,
    /// The stop of the request arrived before it.
    pub(super) is_stopped: bool,
    /// Usage of prompts that were sent by attempts that lost. After one of them the model is called only once the turn
    /// is stored.
    pub(super) spent: TurnUsage,
    /// Whether an attempt that called the model has lost.
    pub(super) lost_race: bool,
}

impl Attempts {
    /// Returns once another attempt is due.
    ///
    /// # Errors
    /// There is none: for the client.
    pub(super) async fn wait_before_retry(&mut self, error: BeginError) -> Result<(), ChatError> {
        match error {
            BeginError::AllowanceConflict if self.allowance_conflicts < MAX_ADMISSION_ATTEMPTS => {
                self.allowance_conflicts += 1;
                sleep(ADMISSION_RETRY_PAUSE * self.allowance_conflicts).await;
                Ok(())
            }
            BeginError::AllowanceConflict => {
                Err(ChatError::new(ErrorCode::RateLimited).with_retry_after(Duration::from_secs(1)))
            }
            BeginError::Busy { is_stopping, .. } if self.waited < max_wait(is_stopping) => {
                self.waited += BUSY_POLL_INTERVAL;
                sleep(BUSY_POLL_INTERVAL).await;
                Ok(())
            }
            BeginError::Busy { turn, .. } => {
                Err(ChatError::new(ErrorCode::ConversationBusy).with_detail("messageId", turn.as_str()))
            }
            BeginError::Refused(error) => Err(*error),
            BeginError::Stale | BeginError::Duplicate | BeginError::Repeated => self.stale(),
        }
    }

    /// Counts an attempt whose data was stale.
    ///
    /// # Errors
    /// There were too many.
    pub(super) fn stale(&mut self) -> Result<(), ChatError> {
        self.stale += 1;
        match self.stale < MAX_ATTEMPTS {
            true => Ok(()),
            false => Err(ChatError::new(ErrorCode::ConversationBusy)),
        }
    }
}

fn max_wait(is_stopping: bool) -> Duration {
    if is_stopping { STOP_GRACE } else { STOP_REORDER_WINDOW }
}

/// Why a turn did not begin.
pub(super) enum BeginError {
    /// What was read has changed since.
    Stale,
    /// The user started another turn, elsewhere.
    AllowanceConflict,
    /// The request was accepted before.
    Duplicate,
    /// The message was stored before.
    Repeated,
    /// Another reply is being written; `is_stopping` also when it gives way to this one.
    Busy { turn: MessageId, is_stopping: bool },
    /// Rejected with an error for the client.
    Refused(Box<ChatError>),
}

impl From<StoreError> for BeginError {
    fn from(error: StoreError) -> Self {
        match error {
            // The lease was lost to another owner, which the next attempt finds.
            StoreError::Stale | StoreError::LeaseLost => BeginError::Stale,
            StoreError::AllowanceConflict => BeginError::AllowanceConflict,
            StoreError::Duplicate => BeginError::Duplicate,
            StoreError::Repeated => BeginError::Repeated,
            error => BeginError::Refused(Box::new(ChatError::internal(error))),
        }
    }
}
