//! Whole conversations over the socket, with the real functions in the local stack.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests")]

mod agents;
mod bad_input;
mod budgets;
mod choosing;
mod concurrency;
mod connecting;
mod conversations;
mod deleting;
mod failing_models;
mod growth;
mod history;
mod limits;
mod listing;
mod long_messages;
mod metrics;
mod privacy;
mod real_model;
mod resuming;
mod searching;
mod stopping;
mod tickets;
mod titles;
mod tool_budgets;
mod tools;
