//! The local stack from outside: what a client, a function and a developer see of it.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test ends where its expectation does")]

mod connections;
mod crash_points;
mod database;
mod faults;
mod handshake;
mod invoke;
mod lifecycle;
mod limits;
mod messages;
mod model;
mod program;
mod sample;
mod schedules;
mod start;
mod support;
