//! A directory of agents, as people write them:
//!
//! ```text
//! agents/
//!   assistant/agent.toml        its name, tools and limits
//!   assistant/instructions.md   its system prompt
//!   assistant/skills/*.md       texts that it reads when it needs them
//!   tools/*.toml                a tool each, named after its file, or an MCP server
//!   tools/*.lock.json           the tools of an MCP server as they were reviewed
//! ```

mod agent;
mod known_tools;
mod skill;

use std::collections::BTreeMap;

use self::known_tools::TOOLS;
use crate::agent_files::{AgentFiles, MAX_DOCUMENT_BYTES};
use crate::config::AgentConfig;
use crate::toml_file::Mistakes;
use crate::tools::ToolsFile;

/// The agents of a directory, and their tools.
#[derive(Debug)]
pub struct AgentsDirectory {
    /// The agents; the first is the default.
    pub agents: Vec<AgentConfig>,
    /// The tools, as they are declared.
    pub tools: ToolsFile,
}

impl AgentsDirectory {
    /// Reads the files.
    ///
    /// # Errors
    /// Everything that is wrong with them, by file and line.
    pub fn parse(files: &AgentFiles) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let bytes = files.document_bytes();
        if bytes > MAX_DOCUMENT_BYTES {
            let problem = format!("all files together have {bytes} bytes; they may have {MAX_DOCUMENT_BYTES}");
            mistakes.add("agents", problem);
        }
        let mut folders = BTreeMap::<&str, Vec<(&str, &str, &str)>>::new();
        for (path, text) in files.iter() {
            match path.split_once('/') {
                // A note for people.
                None if path.ends_with(".md") => {}
                None => mistakes.add(path, "a file must be in the folder of an agent, or in tools"),
                Some((TOOLS, _)) => {}
                Some((agent, file)) => folders.entry(agent).or_default().push((file, path, text)),
            }
        }
        let (tools, known) = known_tools::read(files, &mut mistakes);
        if folders.is_empty() {
            mistakes.add("agents", "there is no agent: add a folder such as assistant with an agent.toml");
        }
        let read = |(id, files): (&str, Vec<_>)| agent::read(id, &files, &known, &mut mistakes);
        let agents: Vec<_> = folders.into_iter().filter_map(read).collect();
        let agents = with_default_first(agents, &mut mistakes);
        mistakes.finish(Self { agents, tools })
    }
}

// One that is alone needs no mark.
fn with_default_first(agents: Vec<agent::Agent>, mistakes: &mut Mistakes) -> Vec<AgentConfig> {
    let (mut defaults, others): (Vec<_>, Vec<_>) = agents.into_iter().partition(|agent| agent.is_default);
    match (&defaults[..], &others[..]) {
        // What is wrong with them is said.
        ([], []) => {}
        ([], [only]) if only.config.is_listed => {}
        ([], [only]) => mistakes.add(&only.file(), "the only agent must not be hidden"),
        ([], _) => mistakes.add("agents", "one agent must have default = true in its agent.toml"),
        ([default], _) if !default.config.is_listed => {
            mistakes.add(&default.file(), "the default agent must not be hidden");
        }
        ([_], _) => {}
        ([_, second, ..], _) => mistakes.add(&second.file(), "only one agent may have default = true"),
    }
    defaults.extend(others);
    defaults.into_iter().map(|agent| agent.config).collect()
}

#[cfg(test)]
mod server_tests;
#[cfg(test)]
mod tests;
