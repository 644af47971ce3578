//! The attempts to start a turn, or to go on with one: why one fails, and whether and when another is made.

use std::time::Duration;

use tokio::time::sleep;

use crate::allowance::TurnUsage;
use crate::conversation::MessageId;
use crate::db::{RequestRecord, StoreError};
use crate::error::{ChatError, ErrorCode};

/// How often a request is tried when others change the conversation concurrently.
pub(super) const MAX_ATTEMPTS: usize = 3;

/// How often it is tried when the same user starts turns in other conversations concurrently: they are admitted one
/// after another. The pause grows by this with each attempt.
const MAX_ADMISSION_ATTEMPTS: u32 = 10;
const ADMISSION_RETRY_PAUSE: Duration = Duration::from_millis(10);

/// How long a request waits for a reply that ends soon, polling. A client that stops a reply and at once sends the next
/// message should not get `conversation_busy`.
const END_GRACE: Duration = Duration::from_secs(3);
const BUSY_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How long a message waits for a stop that was sent before it: frames are handled concurrently and may be reordered.
const STOP_REORDER_WINDOW: Duration = Duration::from_millis(200);

/// The state of the attempts of a request.
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
    pub(super) async fn wait_before_retry(&mut self, error: AttemptError) -> Result<(), ChatError> {
        match error {
            AttemptError::AllowanceConflict if self.allowance_conflicts < MAX_ADMISSION_ATTEMPTS => {
                self.allowance_conflicts += 1;
                sleep(ADMISSION_RETRY_PAUSE * self.allowance_conflicts).await;
                Ok(())
            }
            AttemptError::AllowanceConflict => {
                Err(ChatError::new(ErrorCode::RateLimited).with_retry_after(Duration::from_secs(1)))
            }
            AttemptError::Busy { ends_soon, .. } if self.waited < max_wait(ends_soon) => {
                self.waited += BUSY_POLL_INTERVAL;
                sleep(BUSY_POLL_INTERVAL).await;
                Ok(())
            }
            AttemptError::Busy { turn, .. } => {
                Err(ChatError::new(ErrorCode::ConversationBusy).with_detail("messageId", turn.as_str()))
            }
            AttemptError::Refused(error) => Err(*error),
            AttemptError::Stale | AttemptError::Duplicate | AttemptError::Repeated => self.stale(),
        }
    }

    /// Decides about a request that was recorded before: whether another attempt is due, or there is nothing to do, since
    /// the same request has been accepted.
    ///
    /// # Errors
    /// Its id was used for another request.
    pub(super) fn is_due_again(&mut self, record: Option<RequestRecord>, fingerprint: &str) -> Result<bool, ChatError> {
        match record {
            Some(RequestRecord::StoppedInAdvance) => self.is_stopped = true,
            Some(RequestRecord::Taken { fingerprint: Some(known), .. }) if known == fingerprint => return Ok(false),
            Some(RequestRecord::Taken { .. }) => {
                return Err(ChatError::invalid_frame("its requestId was used before, for something else"));
            }
            None => self.stale()?,
        }
        Ok(true)
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

fn max_wait(ends_soon: bool) -> Duration {
    if ends_soon { END_GRACE } else { STOP_REORDER_WINDOW }
}

/// Why a turn did not begin, or go on.
pub(super) enum AttemptError {
    /// What was read has changed since.
    Stale,
    /// The user started another turn, elsewhere.
    AllowanceConflict,
    /// The request was accepted before.
    Duplicate,
    /// The message was stored before.
    Repeated,
    /// A reply is being written. It `ends_soon` if it is being stopped, gives way to this request, or is about to wait for
    /// it.
    Busy { turn: MessageId, ends_soon: bool },
    /// Rejected with an error for the client.
    Refused(Box<ChatError>),
}

impl AttemptError {
    /// Rejected with this error for the client.
    pub(super) fn refused(error: ChatError) -> Self {
        AttemptError::Refused(Box::new(error))
    }
}

impl From<StoreError> for AttemptError {
    fn from(error: StoreError) -> Self {
        match error {
            // The lease was lost to another owner, which the next attempt finds.
            StoreError::Stale | StoreError::LeaseLost => AttemptError::Stale,
            StoreError::AllowanceConflict => AttemptError::AllowanceConflict,
            StoreError::Duplicate => AttemptError::Duplicate,
            StoreError::Repeated => AttemptError::Repeated,
            error => AttemptError::refused(ChatError::internal(error)),
        }
    }
}
