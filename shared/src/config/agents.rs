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
    /// Reads `AGENTS_DIRECTORY`; else `AGENTS` and the file of tools, of which each makes it the short form; and
    /// `SYSTEM_PROMPT`, the instructions of an assistant where nothing else says what agents there are.
    ///
    /// # Errors
    /// Names the variable that is malformed, or whose file is missing.
    pub(super) fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        if let Some(path) = environment.optional("AGENTS_DIRECTORY") {
            return Ok(Self::Directory(PathBuf::from(path)));
        }
        let assistant = catalog::assistant(environment);
        Ok(match (catalog::agents(environment)?, ToolsConfig::read(environment)?) {
            (None, None) => Self::Published { unpublished: assistant },
            (agents, tools) => Self::Environment { agents: agents.unwrap_or_else(|| vec![assistant]), tools },
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
        let prompt = ("SYSTEM_PROMPT", "Be kind.");
        let AgentsConfig::Published { unpublished } = read(&[prompt]) else { panic!("there is no other") };
        assert_eq!((unpublished.id.as_str(), unpublished.instructions.as_str()), ("assistant", "Be kind."));
        let short = read(&[prompt, ("AGENTS", r#"[{"id": "poet", "name": "Poet", "instructions": "Rhyme."}]"#)]);
        assert!(matches!(short, AgentsConfig::Environment { agents, tools: None } if agents[0].id == "poet"));
        let directory = read(&[prompt, ("AGENTS_DIRECTORY", "agents")]);
        assert_eq!(directory, AgentsConfig::Directory(PathBuf::from("agents")));
    }
}
