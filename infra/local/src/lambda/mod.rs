//! Lambda: functions by name, and what can come of invoking one.

mod environment;
mod outgoing;
mod pool;
mod remote;
mod runtime_api;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::template;
use crate::variables::Variables;
pub use outgoing::Outside;
pub use pool::Pool;
pub use remote::Remote;

/// What a function is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the template says of it.
    pub function: template::Function,
    /// Its binary.
    pub binary: PathBuf,
    /// All its environment variables beside those that Lambda sets.
    pub variables: Variables,
    /// How many environments it may have at once.
    pub concurrency: usize,
    /// What its environments call.
    pub outside: Outside,
}

/// Why an invocation gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvocationError {
    /// The function answered with an error.
    #[error("{kind}: {message}")]
    Function {
        /// `errorType`.
        kind: String,
        /// `errorMessage`.
        message: String,
    },
    /// The function reached its own timeout and was killed.
    #[error("Task timed out after {:.2} seconds", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The process ended during the invocation, or before it could take one.
    #[error("Runtime exited: {0}")]
    Exited(String),
    /// The runtime took the next invocation without having answered this one.
    #[error("Runtime asked for the next invocation without answering this one")]
    Unanswered,
    /// Every environment that the function may have is busy.
    #[error("Rate Exceeded: all {0} environments are busy")]
    Throttled(usize),
    /// The invoke endpoint could not be asked.
    #[error("{0}")]
    Unreachable(String),
}

/// The functions of one stack. Clones share them.
#[derive(Clone, Debug)]
pub struct Lambda {
    functions: Arc<BTreeMap<String, Function>>,
}

/// Where a function runs.
#[derive(Debug)]
pub enum Function {
    /// In processes of this stack.
    Pool(Arc<Pool>),
    /// Behind somebody else's invoke endpoint.
    Remote(Remote),
}

impl Lambda {
    /// Functions by logical id.
    pub fn new(functions: BTreeMap<String, Function>) -> Self {
        Self { functions: Arc::new(functions) }
    }

    /// Invokes a function and waits for its answer. The function runs on when this future is dropped.
    pub async fn invoke(&self, id: &str, payload: Bytes) -> Result<Bytes, InvocationError> {
        match self.functions.get(id) {
            Some(Function::Pool(pool)) => pool.invoke(payload).await,
            Some(Function::Remote(remote)) => remote.invoke(payload).await,
            None => Err(InvocationError::Unreachable(format!("there is no function {id}"))),
        }
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
        self.pools().for_each(|pool| pool.close());
    }

    /// Like [`Lambda::close`], and waits until they are gone.
    pub async fn stop(&self) {
        self.close();
        for pool in self.pools() {
            pool.kill().await;
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
    fn pool(&self) -> Option<&Arc<Pool>> {
        match self {
            Self::Pool(pool) => Some(pool),
            Self::Remote(_) => None,
        }
    }
}

/// The error that a function's error body describes.
fn function_error(body: &[u8]) -> InvocationError {
    let error: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let field = |name: &str, or: &str| error.get(name).and_then(|value| value.as_str()).unwrap_or(or).to_owned();
    InvocationError::Function { kind: field("errorType", "Error"), message: field("errorMessage", "no message") }
}
