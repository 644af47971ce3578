//! Tools of MCP servers: over streamable HTTP, with a session or without, in every version of the protocol.
//!
//! A server is connected to at the first call in a process, and its tools share the connection. Each is called only as long as the
//! server lists it as it was reviewed.

mod client;
mod connection;
mod content;
mod endpoint;
mod failure;
mod handler;
mod messages;
mod session;

pub use client::{McpClient, McpRunner};
