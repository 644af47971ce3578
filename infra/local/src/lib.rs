//! The local stack: API Gateway (WebSocket), Lambda and DynamoDB in one process on loopback.
//!
//! It reads a SAM template and speaks AWS's own interfaces, so the binaries that are deployed run in it unchanged:
//! the Runtime API towards functions, `@connections` and DynamoDB's API towards their SDK, WebSockets towards clients.
//! In reading order:
//!
//! - [`LocalStack`] and its [`Builder`]: the composition root.
//! - `template`: what a SAM template declares, with CloudFormation's functions resolved.
//! - `variables`: which environment variables a function gets.
//! - `gateway`: the upgrade, routes, events, limits and `@connections`.
//! - `lambda`: environments, one process each, and the Runtime API they poll.
//! - `database`: dynoxide and the template's tables.
//! - `model`: a language model that needs no network; it explains itself, or does what a test's script says.
//! - `token`, `site`: development tokens and the web page.
//! - `clock`: the time that limits are measured in, which tests can move.

mod clock;
mod console;
mod data;
mod database;
mod gateway;
mod lambda;
mod model;
mod site;
mod stack;
pub mod template;
mod token;
mod variables;

pub use data::Data;
pub use stack::{Builder, LocalStack, StartError};
