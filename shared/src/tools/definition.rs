//! What a model is told of a tool.

use serde_json::Value;

/// What a model is told of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolDefinition {
    /// Its name, by which the model calls it.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// The JSON Schema of its arguments, an object.
    pub schema: Value,
    /// Whether the provider shall make the model keep to the schema, where it can.
    pub strict: bool,
}
