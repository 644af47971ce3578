//! Natter's library: everything the functions share.
//!
//! The modules, in the order in which they are best read:
//!
//! 1. [`conversation`], [`turn`], [`reply`], [`allowance`]: the words and the decisions, without a clock or I/O.
//! 2. [`services`]: what Natter does, in those words. [`services::ChatService`] is one turn from start to finish.
//! 3. [`agents`]: what a model is told, and what is made of what it says.
//! 4. The edges, each a trait and its adapter: [`llm`] (the model), [`db`] (the store), [`gateway`] (the way back to clients).
//! 5. [`protocol`]: the frames on the wire. [`auth`] and [`caller`]: who speaks. [`error`]: what a client is told when something fails.
//! 6. [`app`]: the composition root, from [`config`], which reads the [`environment`]. [`invocation`]: how a turn outlives the response to the gateway.
//!    [`logging`]: the log and the metrics in it.

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
pub mod gateway;
pub mod http_clients;
pub mod invocation;
pub mod llm;
pub mod logging;
pub mod protocol;
pub mod reply;
pub mod secret;
pub mod services;
pub mod turn;
