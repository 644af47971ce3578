//! One invocation through its states: queued, dispatched to an environment, running, and ended.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use crate::lambda::error::InvocationError;

/// Where the outcome of an invocation goes.
pub type Answer = oneshot::Sender<Result<Bytes, InvocationError>>;

/// An invocation that waits for an environment.
#[derive(Debug)]
pub struct QueuedInvocation {
    pub request_id: String,
    pub payload: Bytes,
    /// When it was queued.
    pub since: Instant,
    pub answer: Answer,
    pub permit: OwnedSemaphorePermit,
}

/// An invocation as it is dispatched to an environment.
#[derive(Debug)]
pub struct NextInvocation {
    pub request_id: String,
    pub payload: Bytes,
    pub time_left: Duration,
    /// When it was queued.
    pub since: Instant,
    /// Whether it is the environment's first.
    pub cold: bool,
}

/// An invocation that runs in an environment, until its next poll, or until the response if the environment takes several at once.
#[derive(Debug)]
pub struct RunningInvocation {
    pub request_id: String,
    /// `None` once the function has answered: what it does then is work after the response.
    answer: Option<Answer>,
    succeeded: bool,
    /// The error that the function returned.
    error: Option<InvocationError>,
    began: Instant,
    init: Option<Duration>,
    _permit: OwnedSemaphorePermit,
}

/// An invocation that is over.
#[derive(Debug)]
pub struct EndedInvocation {
    pub request_id: String,
    pub succeeded: bool,
    /// The error that the function returned.
    pub error: Option<InvocationError>,
    pub duration: Duration,
    pub init: Option<Duration>,
}

impl RunningInvocation {
    /// Begins an invocation at `began`, after `init` if it is the environment's first.
    pub fn begin(
        request_id: String,
        answer: Answer,
        permit: OwnedSemaphorePermit,
        began: Instant,
        init: Option<Duration>,
    ) -> Self {
        Self { request_id, answer: Some(answer), succeeded: false, error: None, began, init, _permit: permit }
    }

    /// Whether it has no response yet.
    pub fn is_unanswered(&self) -> bool {
        self.answer.is_some()
    }

    /// Sends the function's response to the caller. Returns when the invocation began; `None` if it has been answered.
    pub fn answer(&mut self, result: Result<Bytes, InvocationError>) -> Option<Instant> {
        let answer = self.answer.take()?;
        self.succeeded = result.is_ok();
        self.error = result.as_ref().err().cloned();
        // The gateway may have stopped waiting; the function need not know.
        let _ = answer.send(result);
        Some(self.began)
    }

    /// Ends it. Without a response it gets this error.
    pub fn end(self, error: Option<&InvocationError>, now: Instant) -> EndedInvocation {
        if let (Some(answer), Some(error)) = (self.answer, error) {
            // The caller may have stopped waiting.
            let _ = answer.send(Err(error.clone()));
        }
        EndedInvocation {
            request_id: self.request_id,
            succeeded: self.succeeded && error.is_none(),
            error: self.error,
            duration: now - self.began,
            init: self.init,
        }
    }
}
