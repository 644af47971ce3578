//! Natter's library: everything the functions share.
//!
//! The modules, in reading order:
//!
//! 1. [`conversation`], [`turn`], [`reply`], [`allowance`]: the domain and its decisions, without a clock or I/O.
//! 2. [`services`]: the use cases. [`services::ChatService`] runs a turn from start to finish.
//! 3. [`agents`]: make prompts of messages, and replies of deltas.
//! 4. The edges, each a trait and its adapter: [`llm`] (models), [`db`] (storage), [`gateway`] (delivery to clients), [`tools`] (what a model may call).
//! 5. [`protocol`]: the frames on the wire. [`auth`] and [`caller`]: the identity of the caller. [`error`]: errors for
//!    clients.
//! 6. [`app`]: the composition root, from [`config`], which reads the [`environment`]. [`function`]: the `main` of each
//!    function. [`invocation`]: work after the response to the gateway. [`logging`]: the log and the metrics in it.

pub mod agent_files;
pub mod agents;
pub mod allowance;
pub mod app;
pub mod auth;
mod aws_error;
pub mod caller;
pub mod config;
pub mod conversation;
pub mod db;
pub mod environment;
pub mod error;
pub mod function;
pub mod gateway;
pub mod http_clients;
pub mod invocation;
pub mod llm;
pub mod logging;
pub mod protocol;
pub mod reply;
pub mod secret;
mod serde_default;
pub mod services;
pub mod toml_file;
pub mod tools;
pub mod turn;
