//! Agents: make prompts of messages, replies of what the model returns, and decide which tool calls are executed.

mod call_plan;
mod chat_agent;
mod directory;
mod limits;
mod reply_prompt;
mod title_agent;

pub use call_plan::CallPlan;
pub use chat_agent::{ChatAgent, PAST_OUTCOME_BYTES, apply};
pub use directory::AgentsDirectory;
pub use limits::StepLimits;
pub use title_agent::{title_in, title_prompt};
