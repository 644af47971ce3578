//! Agents: what a model is told, and what is made of what it says.

mod chat_agent;
mod title_agent;

pub use chat_agent::ChatAgent;
pub use title_agent::{title_in, title_prompt};
