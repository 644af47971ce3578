//! Lambda: functions by name, invoked by those who wait for the answer and by those who do not.

mod asynchronous;
mod concurrency;
mod database_call;
mod environment;
mod error;
mod function_url;
mod invocation;
mod invoke_api;
mod log;
mod log_line;
mod memory;
mod model_stream;
mod outgoing;
mod pool;
mod process;
mod process_group;
mod record;
mod remote;
mod report;
mod runtime_api;
mod services;
mod variables;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};

use crate::clock::Clock;
use crate::console::{Console, Tone};
use crate::template;
use crate::variables::Variables;
use asynchronous::Deliveries;
pub use concurrency::Concurrency;
pub use error::InvocationError;
pub use function_url::router as function_urls;
pub use invoke_api::router;
pub use outgoing::Outside;
pub use pool::Pool;
pub use process_group::ProcessGroup;
pub use remote::Remote;
pub use services::Services;

/// Longest answer of a function, in bytes. Lambda adds these 100 to its 6 MB.
const LONGEST_ANSWER: usize = 6 * 1024 * 1024 + 100;

/// What a function is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the template says of it.
    pub function: template::Function,
    /// Its binary.
    pub binary: PathBuf,
    /// All its environment variables beside those that Lambda sets.
    pub variables: Variables,
    /// What it may run at once.
    pub concurrency: Concurrency,
    /// What each of its environments takes at once.
    pub environment_concurrency: usize,
    /// Whether it is killed when it holds more memory than it has.
    pub enforces_memory: bool,
    /// To which its processes belong.
    pub group: Option<Arc<ProcessGroup>>,
    /// What its environments call.
    pub outside: Outside,
}

/// A request to invoke a function.
#[derive(Clone, Debug)]
struct Request {
    id: String,
    payload: Bytes,
}

impl Request {
    fn new(payload: Bytes) -> Self {
        Self { id: uuid::Uuid::new_v4().to_string(), payload }
    }
}

/// The functions of one stack. Clones share them.
#[derive(Clone, Debug)]
pub struct Lambda {
    functions: Arc<BTreeMap<String, Function>>,
    group: Option<Arc<ProcessGroup>>,
    deliveries: Deliveries,
    console: Console,
}

/// A function of the stack.
#[derive(Debug)]
pub struct Function {
    /// What the template says of it.
    pub declared: template::Function,
    /// Where it runs.
    pub runs: Runs,
}

/// Where a function runs.
#[derive(Debug)]
pub enum Runs {
    /// In processes of this stack.
    Here(Arc<Pool>),
    /// Behind somebody else's invoke endpoint.
    Elsewhere(Remote),
}

impl Lambda {
    /// The functions by logical id, and the group of their processes, if they run here.
    pub fn new(functions: Vec<Function>, group: Option<Arc<ProcessGroup>>, clock: Clock, console: Console) -> Self {
        let functions = functions.into_iter().map(|function| (function.declared.id.clone(), function)).collect();
        Self { functions: Arc::new(functions), group, deliveries: Deliveries::new(clock, console.clone()), console }
    }

    /// Invokes a function by its logical id and waits for its answer. The function runs on when this future is dropped.
    pub async fn invoke(&self, id: &str, payload: Bytes) -> Result<Bytes, InvocationError> {
        let request = Request::new(payload);
        match &self.function(id)?.runs {
            Runs::Here(pool) => pool.invoke(request).await,
            Runs::Elsewhere(remote) => remote.invoke(request).await,
        }
    }

    /// Has a function invoked by its logical id, now and again where it fails, and gives the id of the request.
    pub fn invoke_async(&self, id: &str, payload: Bytes) -> Result<String, InvocationError> {
        let request = Request::new(payload);
        let request_id = request.id.clone();
        self.function(id)?;
        self.deliveries.accept(self.clone(), id.to_owned(), request);
        Ok(request_id)
    }

    /// How many events of a function failed and wait to be tried again.
    pub fn waiting_events(&self, id: &str) -> usize {
        self.deliveries.waiting(id)
    }

    /// Says on the terminal what is wrong with an answer of a function that did answer.
    pub fn find_fault(&self, id: &str, problem: &str) {
        self.console.named(id).write("", Tone::Error, problem);
    }

    fn function(&self, id: &str) -> Result<&Function, InvocationError> {
        let unknown = || InvocationError::Unreachable(format!("there is no function {id}"));
        self.functions.get(id).ok_or_else(unknown)
    }

    /// Process ids of a function's live environments.
    pub fn environments(&self, id: &str) -> Vec<u32> {
        self.pool(id).map(|pool| pool.processes()).unwrap_or_default()
    }

    /// Kills all environments of a function, whatever they are doing, and waits until they are gone.
    pub async fn kill_environments(&self, id: &str) {
        if let Some(pool) = self.pool(id) {
            pool.kill().await;
        }
    }

    /// Waits until no function is at work, neither before nor after its response.
    pub async fn settled(&self) {
        for pool in self.pools() {
            pool.settled().await;
        }
    }

    /// Starts no environments any more, and has all of them killed.
    pub fn close(&self) {
        self.deliveries.close();
        self.pools().for_each(|pool| pool.close());
    }

    /// Like [`Lambda::close`], and waits until they are gone.
    pub async fn stop(&self) {
        self.close();
        for pool in self.pools() {
            pool.kill().await;
        }
        if let Some(group) = &self.group {
            group.end();
        }
    }

    fn pools(&self) -> impl Iterator<Item = &Arc<Pool>> {
        self.functions.values().filter_map(Function::pool)
    }

    fn pool(&self, id: &str) -> Option<&Arc<Pool>> {
        self.functions.get(id)?.pool()
    }
}

impl Function {
    /// Begins an invocation before it returns, and gives its answer.
    fn begin(&self, request: Request) -> BoxFuture<'static, Result<Bytes, InvocationError>> {
        match &self.runs {
            Runs::Here(pool) => pool.invoke(request).boxed(),
            Runs::Elsewhere(remote) => remote.invoke(request).boxed(),
        }
    }

    fn pool(&self) -> Option<&Arc<Pool>> {
        match &self.runs {
            Runs::Here(pool) => Some(pool),
            Runs::Elsewhere(_) => None,
        }
    }
}
