//! The local stack from outside: what a client, a function and a developer see of it.

mod connections;
mod database;
mod handshake;
mod invoke;
mod lifecycle;
mod limits;
mod messages;
mod model;
mod program;
mod start;
mod support;
