//! The tools of a deployment, or of one of its agents.

use std::sync::Arc;

use super::tool::Tool;
use crate::llm::ToolDefinition;

/// Tools by their names.
#[derive(Debug, Clone, Default)]
pub struct Toolbox {
    // In the order of their declaration, which is the model's: a stable prompt is one that a provider caches.
    tools: Vec<Arc<Tool>>,
}

impl Toolbox {
    /// These tools, whose names are unique.
    pub fn new(tools: impl IntoIterator<Item = Tool>) -> Self {
        Self { tools: tools.into_iter().map(Arc::new).collect() }
    }

    /// These tools and another one.
    pub fn and(mut self, tool: Tool) -> Self {
        self.tools.push(Arc::new(tool));
        self
    }

    /// The tool with this name.
    pub fn get(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.definition.name == name).map(Arc::as_ref)
    }

    /// What a model is told of the tools.
    pub fn definitions(&self) -> Vec<ToolDefinition> {
        self.tools.iter().map(|tool| tool.definition.clone()).collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.iter().map(|tool| tool.definition.name.as_str())
    }

    /// The tools with these names, in this toolbox's order.
    ///
    /// # Errors
    /// The first name that no tool has.
    pub fn only<'a>(&self, names: &'a [String]) -> Result<Self, &'a str> {
        match names.iter().find(|name| self.get(name).is_none()) {
            Some(unknown) => Err(unknown),
            None => {
                let is_named = |tool: &&Arc<Tool>| names.contains(&tool.definition.name);
                Ok(Self { tools: self.tools.iter().filter(is_named).cloned().collect() })
            }
        }
    }
}
