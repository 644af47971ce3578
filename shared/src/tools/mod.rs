//! Tools: what a model may call, and what runs them.

mod approval;
mod arguments;
mod ask_user;
mod current_time;
mod file;
mod http_endpoint;
mod http_runner;
mod lambda_runner;
mod mcp;
mod mcp_server;
mod output;
mod read_skill;
mod runner;
mod tool;
mod tool_error;
mod toolbox;
mod url_template;

pub use crate::llm::ToolDefinition;
pub use approval::{Approval, Condition, Rule, Test, Word};
pub use ask_user::{ASK_USER, ask_user};
pub use current_time::{CURRENT_TIME, CurrentTime, current_time};
pub use file::{Declaration, Declared, Kind, LockFile, SecretSource, ToolsFile};
pub use http_endpoint::{HttpEndpoint, Method, SecretHeader};
pub use http_runner::HttpRunner;
pub use lambda_runner::Lambda;
pub use mcp::{McpClient, McpRunner};
pub use mcp_server::{ListedTool, Lock, LockChanges, LockedTool, MAX_TOOLS, McpServer};
pub use output::{Output, OutputPart};
pub use read_skill::{MAX_SKILL_BYTES, READ_SKILL, read_skill};
pub use runner::{Invocation, ToolRunner};
pub use tool::{MAX_OUTPUT_BYTES, Returns, Runs, Tool};
pub use tool_error::ToolError;
pub use toolbox::Toolbox;
pub use url_template::UrlTemplate;
