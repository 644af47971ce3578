//! One invocation through its states: queued, handed to an environment as its next, running, and ended.

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
    /// Since when it waits.
    pub since: Instant,
    pub answer: Answer,
    pub permit: OwnedSemaphorePermit,
}

/// What an environment is given to work on.
#[derive(Debug)]
pub struct NextInvocation {
    pub request_id: String,
    pub payload: Bytes,
    pub time_left: Duration,
    /// Since when it has waited.
    pub since: Instant,
    /// Whether it is the environment's first.
    pub cold: bool,
}

/// An invocation that an environment is at, until it asks for the next event, or until its answer if it takes several at once.
#[derive(Debug)]
pub struct RunningInvocation {
    pub request_id: String,
    /// Empty once the function has answered: what it does then is work after the response.
    answer: Option<Answer>,
    succeeded: bool,
    /// The error that it answered with.
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
    /// The error that it answered with.
    pub error: Option<InvocationError>,
    pub duration: Duration,
    pub init: Option<Duration>,
}

impl RunningInvocation {
    /// One that began then, after such an init if it was the first.
    pub fn new(
        request_id: String,
        answer: Answer,
        permit: OwnedSemaphorePermit,
        began: Instant,
        init: Option<Duration>,
    ) -> Self {
        Self { request_id, answer: Some(answer), succeeded: false, error: None, began, init, _permit: permit }
    }

    /// Whether it has no answer yet.
    pub fn is_unanswered(&self) -> bool {
        self.answer.is_some()
    }

    /// Hands the function's answer to the caller. Returns when the invocation began; nothing if it has been answered.
    pub fn send_answer(&mut self, result: Result<Bytes, InvocationError>) -> Option<Instant> {
        let answer = self.answer.take()?;
        self.succeeded = result.is_ok();
        self.error = result.as_ref().err().cloned();
        // The gateway may have stopped waiting; the function need not know.
        let _ = answer.send(result);
        Some(self.began)
    }

    /// Ends it. If it had no answer, it has this error for one.
    pub fn into_ended(self, error: Option<&InvocationError>, now: Instant) -> EndedInvocation {
        if let (Some(answer), Some(error)) = (self.answer, error) {
            // A caller who no longer waits needs no answer.
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
