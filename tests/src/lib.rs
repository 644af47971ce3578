//! What end-to-end tests are made of: the local stack with the real functions in it, and a client that speaks raw frames.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a library of tests")]

mod client;
mod events;
mod natter;
mod page;
mod past;
mod processes;
mod table;
mod tools;
mod whole;

pub use client::{Answer, Client, RejectedHandshake};
pub use events::{Events, MESSAGE_FUNCTION, at, started_at};
pub use natter::{Natter, NatterBuilder, built_functions};
pub use page::{End, Event, Page, Question, Reaction, Rescuer, Shown, Way};
pub use processes::message_functions;
pub use table::{StoredMessage, Table};
pub use tools::{ToolCall, ToolEndpoint, answers, order_tools};
pub use whole::joined;
