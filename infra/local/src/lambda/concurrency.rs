//! Concurrency limits: the account's, and what functions reserve of it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::InvocationError;
use crate::template::Function;

/// The concurrency of one function, its own or shared with others.
#[derive(Clone, Debug)]
pub struct Concurrency {
    free: Arc<Semaphore>,
    limit: usize,
    reserved: bool,
}

impl Concurrency {
    /// The concurrency that functions without a reservation share.
    pub fn unreserved(limit: usize) -> Self {
        Self::of(limit, false)
    }

    /// The concurrency of `function`, where `self` is for functions without a reservation.
    pub fn for_function(&self, function: &Function) -> Self {
        function.reserved_concurrency.map_or_else(|| self.clone(), |reserved| Self::of(reserved, true))
    }

    fn of(limit: usize, reserved: bool) -> Self {
        // More than a semaphore counts is no limit.
        Self { free: Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS))), limit, reserved }
    }

    /// Begins an invocation, which counts until the permit is dropped.
    pub(super) fn begin(&self) -> Result<OwnedSemaphorePermit, InvocationError> {
        let throttled = InvocationError::Throttled { limit: self.limit, reserved: self.reserved };
        self.free.clone().try_acquire_owned().map_err(|_| throttled)
    }
}
