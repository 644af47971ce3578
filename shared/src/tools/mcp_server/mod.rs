//! An MCP server as a deployment declares it, and what was reviewed of its tools.

mod listed_tool;
mod lock;
mod names;

use reqwest::Url;

pub use listed_tool::ListedTool;
pub use lock::{Lock, LockChanges, LockedTool, MAX_TOOLS};
pub(super) use names::final_names;

use super::http_endpoint::SecretHeader;

/// What is connected to, and how. `S` is a secret, or where it comes from.
#[derive(Debug, Clone)]
pub struct McpServer<S> {
    /// The address of its streamable HTTP.
    pub url: Url,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// A header with a secret.
    pub secret: Option<SecretHeader<S>>,
    /// The tools that may be locked; `None` means all.
    pub allowed: Option<Vec<String>>,
}

impl<S> McpServer<S> {
    /// The server with the secret that is found for its source.
    ///
    /// # Errors
    /// There is none.
    pub fn with_secret<T, E>(self, find: impl FnOnce(S) -> Result<T, E>) -> Result<McpServer<T>, E> {
        let found = |SecretHeader { name, prefix, secret }| Ok(SecretHeader { name, prefix, secret: find(secret)? });
        let secret = self.secret.map(found).transpose()?;
        Ok(McpServer { url: self.url, headers: self.headers, secret, allowed: self.allowed })
    }

    /// Whether the deployment lets models call a tool with this name.
    pub fn allows(&self, tool: &str) -> bool {
        self.allowed.as_ref().is_none_or(|names| names.iter().any(|name| name == tool))
    }
}
