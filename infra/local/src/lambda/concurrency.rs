//! How many invocations may run at once: the account's limit, of which functions reserve their parts.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::InvocationError;
use crate::template::Function;

/// What one function may run at once, alone or together with others.
#[derive(Clone, Debug)]
pub struct Concurrency {
    free: Arc<Semaphore>,
    limit: usize,
    reserved: bool,
}

impl Concurrency {
    /// What functions may run that reserve nothing, all together.
    pub fn unreserved(limit: usize) -> Self {
        Self::of(limit, false)
    }

    /// What `function` may run, where `self` is for all that reserve nothing.
    pub fn for_function(&self, function: &Function) -> Self {
        function.reserved_concurrency.map_or_else(|| self.clone(), |reserved| Self::of(reserved, true))
    }

    fn of(limit: usize, reserved: bool) -> Self {
        // More than a semaphore counts is no limit.
        Self { free: Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS))), limit, reserved }
    }

    /// Begins an invocation, which lasts until the permit is dropped.
    pub(super) fn begin(&self) -> Result<OwnedSemaphorePermit, InvocationError> {
        let throttled = InvocationError::Throttled { limit: self.limit, reserved: self.reserved };
        self.free.clone().try_acquire_owned().map_err(|_| throttled)
    }
}
