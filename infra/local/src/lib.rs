#![doc = include_str!("../README.md")]
//!
//! # Map
//!
//! In reading order:
//!
//! - [`Builder`] and [`LocalStack`]: the configuration of a stack, and a running one; `start` is the composition root between them.
//! - `template`: what a SAM template declares, with CloudFormation's functions resolved.
//! - `arn`: names of resources, with the stack's account and region.
//! - `binaries`, `variables`, `variables_file`, `data`: a function's binary, its environment variables, and persistent storage.
//! - `gateway`: the upgrade, routes, events, limits and `@connections`.
//! - `lambda`: environments, one process each, and the Runtime API they poll.
//! - `database`: dynoxide and the template's tables.
//! - `model`: a language model without network; it explains itself, or follows a test's script.
//! - `token`, `site`: development tokens and the web page.
//! - `guard`, `serve`: access control by origin, and the limit of connections.
//! - `call`, `latency`, `faults`, `crash_points`: outgoing calls of functions, their latency, and fault injection.
//! - `events`, `journal`, `meter`, `metrics`, `permissions`, `inspect`: the event log, usage and cost, the functions' metrics,
//!   the permissions that they need, and the developer's page that shows it.
//! - `schedule`: the clocks that invoke functions.
//! - `clock`: the clock of limits, which tests can advance.

mod arn;
mod binaries;
mod builder;
mod call;
mod clock;
mod console;
mod crash_points;
mod data;
mod database;
mod date;
mod events;
mod faults;
mod gateway;
mod guard;
mod inspect;
mod journal;
mod lambda;
mod latency;
mod meter;
mod metrics;
mod model;
mod permissions;
mod schedule;
mod serve;
mod site;
mod stack;
mod start;
mod start_error;
pub mod template;
mod token;
mod trace;
mod variables;
mod variables_file;

pub use builder::{Builder, InvokeBy};
pub use crash_points::{Calls, Moment};
pub use data::Data;
pub use faults::FaultsError;
pub use lambda::InvocationError;
pub use latency::Latencies;
pub use meter::{Bill, DatabaseUsage, FunctionUsage, Item, Turn, Usage, prices};
pub use metrics::{Identity, Metric};
pub use permissions::Permission;
pub use stack::LocalStack;
pub use start_error::StartError;
