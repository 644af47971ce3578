//! What a turn may take of the processor and of the allocator, counted: a count is the same on every machine, a time is not.
//!
//! The turn ([`scripted_turn`]) is written in this process by the library's own code, on a clock that stands still whenever there is
//! something to do. So it makes the same posts and saves each time. It has all that a turn does but for what happens beyond three
//! edges:
//!
//! - the model's answer begins as the body of an HTTP response, event by event: the request for it is not made;
//! - a post is made and signed, and then dropped;
//! - a call of DynamoDB goes through the whole SDK, to answers that never change.
//!
//! Sockets, TLS, HTTP itself and Lambda's runtime are not in it: `make bench` measures all of it, in time.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests")]

mod allocations;
mod budgets;
mod database;
mod gateway;
#[cfg(target_os = "linux")]
mod instructions;
mod model;
mod scripted_turn;
