//! Lambda: functions, their environments with one process each, and the Runtime API that those poll.
//!
//! In reading order: `service`, `function`, `pool`, `environment`, `process`, `runtime_api`, `egress`; `http` is how clients of
//! the stack invoke functions.

mod asynchronous;
mod concurrency;
mod egress;
mod endpoint;
mod environment;
mod error;
mod function;
mod http;
mod pool;
mod process;
mod process_group;
mod record;
mod remote;
mod request;
mod runtime_api;
mod service;
mod services;
mod settings;
mod upstreams;
mod variables;

use std::sync::Arc;

pub use concurrency::Concurrency;
pub use error::InvocationError;
pub use function::{Function, Runs};
pub use http::{function_urls, invoke_api};
pub use pool::Pool;
pub use process_group::ProcessGroup;
pub use remote::Remote;
pub use service::Lambda;
pub use services::Services;
pub use settings::FunctionSettings;
pub use upstreams::Upstreams;

use crate::clock::Clock;
use crate::console::Console;

/// A function that runs here, in a process for each of its environments.
pub fn pool_of(settings: FunctionSettings, clock: Clock, console: &Console) -> Arc<Pool> {
    Pool::new(settings, clock, console, |pool, environment| {
        tokio::spawn(process::run(pool, environment));
    })
}
