//! The service: functions by name, invoked synchronously or asynchronously.

use std::sync::Arc;

use bytes::Bytes;

use super::asynchronous::Deliveries;
use super::error::InvocationError;
use super::function::{Function, Functions};
use super::pool::Pool;
use super::process_group::ProcessGroup;
use super::request::InvokeRequest;
use crate::clock::Clock;
use crate::console::{Console, Tone};

/// The functions of one stack. Clones share them.
#[derive(Clone, Debug)]
pub struct Lambda {
    pub(super) functions: Functions,
    group: Option<Arc<ProcessGroup>>,
    deliveries: Deliveries,
    console: Console,
}

impl Lambda {
    /// The functions by logical id, and the group of their processes, if they run here.
    pub fn new(functions: Vec<Function>, group: Option<Arc<ProcessGroup>>, clock: Clock, console: Console) -> Self {
        let functions = Functions::new(functions);
        let deliveries = Deliveries::new(functions.clone(), clock, console.clone());
        Self { functions, group, deliveries, console }
    }

    /// Invokes a function by its logical id and waits for its response. The function runs on when this future is dropped.
    pub async fn invoke(&self, id: &str, payload: Bytes) -> Result<Bytes, InvocationError> {
        let request = InvokeRequest::new(payload);
        self.functions.require(id)?.invoke(request).await
    }

    /// Invokes a function asynchronously by its logical id, with retries, and returns the request id.
    pub fn invoke_async(&self, id: &str, payload: Bytes) -> Result<String, InvocationError> {
        let request = InvokeRequest::new(payload);
        let request_id = request.id.clone();
        self.functions.require(id)?;
        self.deliveries.accept(id.to_owned(), request);
        Ok(request_id)
    }

    /// How many events of a function failed and wait for a retry.
    pub fn waiting_events(&self, id: &str) -> usize {
        self.deliveries.waiting(id)
    }

    /// Logs what is wrong with a function's response.
    pub fn report_invalid_response(&self, id: &str, problem: &str) {
        self.console.named(id).write("", Tone::Error, problem);
    }

    /// Process ids of a function's live environments.
    pub fn environments(&self, id: &str) -> Vec<u32> {
        self.pool(id).map(|pool| pool.processes()).unwrap_or_default()
    }

    /// Kills all environments of a function, and waits until they are gone.
    pub async fn kill_environments(&self, id: &str) {
        if let Some(pool) = self.pool(id) {
            pool.kill().await;
        }
    }

    /// Waits until no function is busy, neither before nor after its response.
    pub async fn settled(&self) {
        for pool in self.functions.pools() {
            pool.settled().await;
        }
    }

    /// Starts no further environments, and kills all of them.
    pub fn close(&self) {
        self.deliveries.close();
        self.functions.pools().for_each(|pool| pool.close());
    }

    /// Like [`Lambda::close`], and waits until they are gone.
    pub async fn stop(&self) {
        self.close();
        for pool in self.functions.pools() {
            pool.kill().await;
        }
        if let Some(group) = &self.group {
            group.end();
        }
    }

    fn pool(&self, id: &str) -> Option<&Arc<Pool>> {
        self.functions.get(id)?.pool()
    }
}
