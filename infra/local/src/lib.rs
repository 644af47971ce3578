#![doc = include_str!("../README.md")]
//!
//! # Map
//!
//! In reading order:
//!
//! - [`Builder`] and [`LocalStack`]: what a stack is to be, and a running one; `start` is the composition root between them.
//! - `template`: what a SAM template declares, with CloudFormation's functions resolved.
//! - `arn`: the account and region that stand in the name of every resource.
//! - `binaries`, `variables`, `variables_file`, `data`: which file a function is, which environment variables it gets, and what outlives a stack.
//! - `gateway`: the upgrade, routes, events, limits and `@connections`.
//! - `lambda`: environments, one process each, and the Runtime API they poll.
//! - `database`: dynoxide and the template's tables.
//! - `model`: a language model that needs no network; it explains itself, or does what a test's script says.
//! - `token`, `site`: development tokens and the web page.
//! - `guard`, `serve`: who may ask for what is this machine's own, and how many at once.
//! - `call`, `latency`, `faults`, `crash_points`: what functions ask of the world outside, how long it takes, and how it goes wrong.
//! - `events`, `journal`, `meter`, `metrics`, `permissions`, `inspect`: what happens, what AWS would charge for it, what functions count,
//!   what a policy would have to allow, and the developer's page that shows it.
//! - `schedule`: the clocks that invoke functions.
//! - `clock`: the time that limits are measured in, which tests can move.

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
