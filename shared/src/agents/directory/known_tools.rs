//! The tools of a directory, by the names that agents list.

use std::collections::BTreeMap;

use crate::agent_files::AgentFiles;
use crate::toml_file::Mistakes;
use crate::tools::{Declared, LockFile, READ_SKILL, ToolsFile};

/// The folder with the tools. No agent can have its name.
pub(super) const TOOLS: &str = "tools";
const TOML: &str = ".toml";
const LOCK: &str = ".lock.json";
/// What makes the lock of a server.
const LOCK_COMMAND: &str = "run make agents LOCK=1, and review what it writes";

/// What agents may list.
#[derive(Debug, Default)]
pub(super) struct KnownTools {
    // The names of files, each with those of the tools that it stands for.
    files: BTreeMap<String, Vec<String>>,
    // The names of all tools, each with the file that declares it.
    tools: BTreeMap<String, String>,
    // Of an MCP server with mistakes the tools are not known: what they are called is not said to be wrong.
    has_unknown: bool,
}

impl KnownTools {
    /// The names of the tools for which this name stands: of a tool, or of an MCP server with all its tools.
    pub(super) fn named(&self, name: &str) -> Result<Vec<String>, String> {
        if let Some(tools) = self.files.get(name) {
            return Ok(tools.clone());
        }
        if self.tools.contains_key(name) || self.has_unknown {
            return Ok(vec![name.to_owned()]);
        }
        let files: Vec<_> = self.files.keys().map(String::as_str).collect();
        let known = if files.is_empty() { "none".to_owned() } else { files.join(", ") };
        Err(format!("there is no tool {name} in tools; there are: {known}"))
    }

    // Two tools with one name are a mistake of the server among them: its names can be changed.
    fn add(&mut self, name: &str, path: &str, declared: Declared, mistakes: &mut Mistakes) {
        if let Some(file) = self.tools.get(name) {
            mistakes.add(path, format!("the file has the name of a tool of {file}: name it otherwise"));
        }
        for tool in &declared.tools {
            let other = match self.tools.get(tool) {
                _ if tool == READ_SKILL => Some("of agents with skills".to_owned()),
                Some(file) => Some(format!("of {file}")),
                None if tool != name && self.files.contains_key(tool) => Some(format!("of {TOOLS}/{tool}{TOML}")),
                None => None,
            };
            match other {
                None => {}
                Some(other) if declared.is_server => {
                    mistakes.add(path, format!("the tool {tool} has the name of the one {other}: set a prefix"));
                    continue;
                }
                Some(other) => mistakes.add(path, format!("the tool {tool} has the name of the one {other}")),
            }
            self.tools.insert(tool.clone(), path.to_owned());
        }
        self.has_unknown |= !declared.is_complete;
        self.files.insert(name.to_owned(), declared.tools);
    }
}

/// Reads the files of the folder with the tools.
pub(super) fn read(files: &AgentFiles, mistakes: &mut Mistakes) -> (ToolsFile, KnownTools) {
    let (mut tools, mut known, mut servers) = (ToolsFile::default(), KnownTools::default(), Vec::new());
    for (path, text) in files.iter() {
        let Some((TOOLS, file)) = path.split_once('/') else { continue };
        let Some(name) = file.strip_suffix(TOML) else {
            match file.strip_suffix(LOCK) {
                Some(name) if files.get(&format!("{TOOLS}/{name}{TOML}")).is_some() => {}
                Some(name) => mistakes.add(path, format!("there is no {TOOLS}/{name}{TOML} whose lock this would be")),
                None => mistakes.add(path, "a tool must be in a file such as tools/find_order.toml"),
            }
            continue;
        };
        if name == READ_SKILL {
            mistakes.add(path, "agents with skills have a tool of this name");
            continue;
        }
        let lock = format!("{TOOLS}/{name}{LOCK}");
        let lock = LockFile { path: &lock, text: files.get(&lock), command: LOCK_COMMAND };
        let declared = tools.add(name, path, text, lock, mistakes);
        match declared.is_server {
            // After the others, which have the names of their files.
            true => servers.push((name, path, declared)),
            false => known.add(name, path, declared, mistakes),
        }
    }
    for (name, path, declared) in servers {
        known.add(name, path, declared, mistakes);
    }
    (tools, known)
}
