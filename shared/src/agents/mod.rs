//! Agents: what a model is told, and what is made of what it says.

mod chat_agent;

pub use chat_agent::ChatAgent;
