//! `read_skill`: a text that an agent reads when it needs it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::{FutureExt, future::ready};
use serde_json::{Value, json};

use super::output::Output;
use super::runner::{Invocation, ToolRunner};
use super::tool::{Runs, Tool};
use super::tool_error::ToolError;
use crate::llm::ToolDefinition;

/// Its name.
pub const READ_SKILL: &str = "read_skill";

/// The longest text of a skill, in bytes.
pub const MAX_SKILL_BYTES: usize = 64_000;

/// The texts, by their names.
struct ReadSkill(BTreeMap<String, String>);

/// The tool that reads these skills, of which each has a name and a text.
pub fn read_skill(skills: impl IntoIterator<Item = (String, String)>) -> Tool {
    let skills: BTreeMap<_, _> = skills.into_iter().collect();
    let names: Vec<&str> = skills.keys().map(String::as_str).collect();
    let schema = json!({
        "type": "object",
        "properties": { "name": { "type": "string", "enum": names } },
        "required": ["name"],
        "additionalProperties": false,
    });
    let definition = ToolDefinition {
        name: READ_SKILL.to_owned(),
        description: "Returns the text of a skill. Read it before you do what it is about.".to_owned(),
        schema,
        strict: false,
    };
    Tool {
        is_idempotent: true,
        model_output_bytes: MAX_SKILL_BYTES,
        ..Tool::new(definition, Runs::Server(Arc::new(ReadSkill(skills))))
    }
}

impl ToolRunner for ReadSkill {
    fn run(&self, call: Invocation) -> BoxFuture<'static, Result<Output, ToolError>> {
        let name = call.input.get("name").and_then(Value::as_str).unwrap_or_default();
        let text = self.0.get(name).cloned();
        let output = text.map(Output::Text).ok_or_else(|| ToolError::failed(format!("There is no skill {name}.")));
        ready(output).boxed()
    }
}
