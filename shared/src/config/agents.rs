//! Where the agents of a deployment come from.

use std::path::PathBuf;

use super::catalog::{self, AgentConfig};
use super::tools::ToolsConfig;
use crate::environment::{ConfigError, Environment};

/// Where agents come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentsConfig {
    /// From a directory, which is read again whenever it changes. For development.
    Directory(PathBuf),
    /// From variables: the short form.
    Environment {
        /// The agents; the first is the default.
        agents: Vec<AgentConfig>,
        /// What declares their tools; `None` if they have none.
        tools: Option<ToolsConfig>,
    },
    /// From the table, where they are published.
    Published {
        /// The agent that answers as long as nothing is published.
        unpublished: AgentConfig,
    },
}

impl AgentsConfig {
    /// Reads `AGENTS_DIRECTORY`; else `AGENTS`, `SYSTEM_PROMPT` and the file of tools, of which any makes it the short form.
    ///
    /// # Errors
    /// Names the variable that is malformed, or whose file is missing.
    pub(super) fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        if let Some(path) = environment.optional("AGENTS_DIRECTORY") {
            return Ok(Self::Directory(PathBuf::from(path)));
        }
        let (agents, tools) = (catalog::agents(environment)?, ToolsConfig::read(environment)?);
        Ok(match (agents, tools) {
            (None, None) => Self::Published { unpublished: catalog::assistant(String::new()) },
            (agents, tools) => {
                let agents = agents.unwrap_or_else(|| vec![catalog::assistant(String::new())]);
                Self::Environment { agents, tools }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> AgentsConfig {
        AgentsConfig::read(&Environment::of(variables)).unwrap()
    }

    #[test]
    fn agents_are_published_unless_the_environment_has_some() {
        assert!(matches!(read(&[]), AgentsConfig::Published { .. }));
        let short = read(&[("SYSTEM_PROMPT", "Be kind.")]);
        assert!(matches!(short, AgentsConfig::Environment { agents, .. } if agents[0].instructions == "Be kind."));
        let directory = read(&[("SYSTEM_PROMPT", "Be kind."), ("AGENTS_DIRECTORY", "agents")]);
        assert_eq!(directory, AgentsConfig::Directory(PathBuf::from("agents")));
    }
}
