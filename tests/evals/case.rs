//! The cases of an agent: files in its folder `evals`, in TOML.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use serde::Deserialize;
use serde_json::Value;

/// One case: a conversation, and what is expected of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// What the user says: one message, or several, each after the reply to the one before.
    pub message: OneOrMore<String>,
    /// What the demo model does, where no other is connected: a script for each message.
    pub script: Option<OneOrMore<Value>>,
    /// The outputs of tools, in place of what the tools would do.
    #[serde(default)]
    pub tools: BTreeMap<String, Value>,
    /// Whether the user approves what needs approval.
    #[serde(default = "yes")]
    pub approve: bool,
    /// What the user answers to each question.
    #[serde(default)]
    pub answer: String,
    /// What is expected in the end.
    #[serde(default)]
    pub expect: Expectations,
}

/// A value, or a list of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore<T> {
    /// One.
    One(T),
    /// A list.
    More(Vec<T>),
}

/// What is expected of a conversation. What is left out is not looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    /// All calls of tools, in order.
    pub calls: Option<Vec<ExpectedCall>>,
    /// Whether calls may fail.
    #[serde(default)]
    pub failed_calls: bool,
    /// What the last reply says, whatever the case of its letters.
    #[serde(default)]
    pub text: Vec<String>,
    /// What it does not say.
    #[serde(default)]
    pub not_text: Vec<String>,
    /// The most that the conversation may cost, in US dollars. Its model needs a price.
    pub max_cost: Option<f64>,
    /// The most tokens that it may use, in and out.
    pub max_tokens: Option<u64>,
    /// What a model says yes to, which reads the conversation.
    pub judge: Option<String>,
}

/// A call that is expected.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum ExpectedCall {
    /// Of this tool, with any arguments.
    Tool(String),
    /// With these arguments, and perhaps others.
    With {
        /// The tool.
        tool: String,
        /// The arguments.
        input: Value,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "case")]
    cases: Vec<Case>,
}

/// The cases of the agents of a directory, each with its agent.
///
/// # Errors
/// A file cannot be read, or what is wrong with it.
pub fn read(directory: &Path) -> Result<Vec<(String, Case)>, String> {
    let mut cases = Vec::new();
    for agent in names_in(directory).map_err(|error| format!("{}: {error}", directory.display()))? {
        let folder = directory.join(&agent).join("evals");
        for name in names_in(&folder).unwrap_or_default() {
            let path = folder.join(&name);
            let shown = path.display();
            let text = fs::read_to_string(&path).map_err(|error| format!("{shown}: {error}"))?;
            let file: File = toml::from_str(&text).map_err(|error| format!("{shown}: {error}"))?;
            cases.extend(file.cases.into_iter().map(|case| (agent.clone(), case)));
        }
    }
    Ok(cases)
}

fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

impl<T: Clone> OneOrMore<T> {
    /// All of them.
    pub fn all(&self) -> Vec<T> {
        match self {
            Self::One(value) => vec![value.clone()],
            Self::More(values) => values.clone(),
        }
    }
}

impl ExpectedCall {
    /// The tool.
    pub fn tool(&self) -> &str {
        match self {
            Self::Tool(tool) | Self::With { tool, .. } => tool,
        }
    }
}

fn yes() -> bool {
    true
}
