//! Agents: make prompts of messages, and replies of what the model returns.

mod chat_agent;
mod title_agent;

pub use chat_agent::{ChatAgent, apply};
pub use title_agent::{title_in, title_prompt};
