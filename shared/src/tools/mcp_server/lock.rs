//! The lock file of a server: its tools as they were when somebody reviewed them.
//!
//! It is pretty-printed and sorted, so that what a server has changed is a readable difference in version control. Models are told
//! what is in it, and nothing else of the server.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::listed_tool::{ListedTool, sorted};

/// The most tools of one server.
pub const MAX_TOOLS: usize = 500;

/// The tools of a server that were reviewed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The server's address.
    pub url: String,
    /// Its tools, sorted by name.
    pub tools: Vec<LockedTool>,
}

/// A tool that was reviewed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedTool {
    /// The server's name for it.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The JSON Schema of its arguments.
    pub input_schema: Value,
    /// A hash over all of this.
    pub sha256: String,
}

/// What has changed between two locks, by the server's names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockChanges {
    /// New tools.
    pub added: Vec<String>,
    /// Tools with another description or schema.
    pub changed: Vec<String>,
    /// Tools that are gone.
    pub removed: Vec<String>,
}

impl Lock {
    /// The lock of a server with these tools.
    pub fn new(url: &str, tools: &[ListedTool]) -> Self {
        let locked = |tool: &ListedTool| LockedTool {
            name: tool.name.clone(),
            description: tool.description.clone(),
            input_schema: sorted(&tool.schema),
            sha256: tool.hash(),
        };
        let mut tools: Vec<_> = tools.iter().map(locked).collect();
        tools.sort_by(|one, other| one.name.cmp(&other.name));
        Self { url: url.to_owned(), tools }
    }

    /// Reads a lock file.
    ///
    /// # Errors
    /// The line, counted from 1, and what is wrong there.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let lock: Self =
            serde_json::from_str(text).map_err(|error| (error.line().max(1), format!("this is no lock: {error}")))?;
        let mut names = BTreeSet::new();
        for tool in &lock.tools {
            let problem = match tool.listed() {
                listed if listed.hash() != tool.sha256 => Some("does not have the hash of what is here".to_owned()),
                _ if !names.insert(&tool.name) => Some("is here twice".to_owned()),
                _ => None,
            };
            if let Some(problem) = problem {
                return Err((1, format!("the tool {} {problem}", tool.name)));
            }
        }
        match lock.tools.len() > MAX_TOOLS {
            true => Err((1, format!("there are more than {MAX_TOOLS} tools"))),
            false => Ok(lock),
        }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// What is different in this lock from an earlier one.
    pub fn changes_since(&self, before: &Self) -> LockChanges {
        fn hashes(lock: &Lock) -> BTreeMap<&str, &str> {
            lock.tools.iter().map(|tool| (tool.name.as_str(), tool.sha256.as_str())).collect()
        }
        let (now, before) = (hashes(self), hashes(before));
        let mut changes = LockChanges::default();
        for (name, hash) in &now {
            match before.get(name) {
                None => changes.added.push((*name).to_owned()),
                Some(before) if before != hash => changes.changed.push((*name).to_owned()),
                Some(_) => {}
            }
        }
        changes.removed =
            before.keys().filter(|name| !now.contains_key(*name)).map(|name| (*name).to_owned()).collect();
        changes
    }
}

impl LockedTool {
    /// The tool as its server listed it.
    pub fn listed(&self) -> ListedTool {
        ListedTool { name: self.name.clone(), description: self.description.clone(), schema: self.input_schema.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(name: &str, description: &str) -> ListedTool {
        let schema = json!({"type": "object", "properties": {"b": {}, "a": {}}});
        ListedTool { name: name.to_owned(), description: description.to_owned(), schema }
    }

    #[test]
    fn a_lock_is_read_as_it_was_written_and_says_what_has_changed() {
        let before = Lock::new("https://example.com/mcp", &[tool("b", "B."), tool("a", "A."), tool("d", "D.")]);
        assert_eq!(Lock::parse(&before.text()), Ok(before.clone()));
        assert!(before.text().find("\"a\"") < before.text().find("\"b\""));
        let now = Lock::new("https://example.com/mcp", &[tool("a", "A."), tool("b", "Else."), tool("c", "C.")]);
        let names = |name: &str| vec![name.to_owned()];
        let expected = LockChanges { added: names("c"), changed: names("b"), removed: names("d") };
        assert_eq!(now.changes_since(&before), expected);
        assert_eq!(now.changes_since(&now), LockChanges::default());
    }

    #[test]
    fn a_lock_that_was_edited_by_hand_is_refused() {
        let text = Lock::new("https://example.com/mcp", &[tool("a", "Reads.")]).text();
        let (line, problem) = Lock::parse(&text.replace("Reads.", "Deletes.")).unwrap_err();
        assert_eq!((line, problem.as_str()), (1, "the tool a does not have the hash of what is here"));
        assert_eq!(Lock::parse("{\n\"url\": 7}").unwrap_err().0, 2);
        assert!(Lock::parse("").is_err() && Lock::parse("[]").is_err());
    }
}
