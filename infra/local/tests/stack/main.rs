//! The local stack from outside: what a client, a function and a developer see of it. What it imitates is in `infra/probe`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test ends where its expectation does")]

mod crash_points;
mod database;
mod events;
mod faults;
mod functions;
mod gateway;
mod inspect;
mod invoke;
mod invoke_api;
mod journal;
mod lifecycle;
mod meter;
mod model;
mod program;
mod sample;
mod schedules;
mod shared_environments;
mod start;
mod support;
mod terminal;
