//! Tools: what a model may call, and what runs them.

mod approval;
mod arguments;
mod output;
mod runner;
mod tool;
mod toolbox;

pub use crate::llm::ToolDefinition;
pub use approval::{Approval, Condition, Rule, Test, Word};
pub use output::{Output, OutputPart};
pub use runner::{Invocation, ToolError, ToolRunner};
pub use tool::{MAX_OUTPUT_BYTES, Runs, Tool};
pub use toolbox::Toolbox;
