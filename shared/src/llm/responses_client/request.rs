//! The body of a request.

use serde_json::{Map, Value, json};

use super::input::input_items;
use crate::conversation::ReasoningEffort;
use crate::llm::ToolDefinition;
use crate::llm::alternating_prompt::AlternatingPrompt;
use crate::llm::request_form::{EffortForm, RequestForm};

/// The body of a request in this form.
pub fn request_body(model: &str, form: RequestForm, prompt: &AlternatingPrompt) -> Value {
    let mut body = json!({ "model": model, "input": input_items(&prompt.messages, form), "stream": true });
    if form.forbids_storage {
        body["store"] = false.into();
    }
    if let Some(instructions) = &prompt.instructions {
        body["instructions"] = instructions.as_str().into();
    }
    if let Some(bound) = form.max_tokens {
        body["max_output_tokens"] = bound.into();
    }
    if let Some(settings) = reasoning_settings(form, prompt.reasoning_effort) {
        body["reasoning"] = settings;
    }
    if !prompt.tools.is_empty() {
        // Only a turn with tools goes on behind its reasoning, and returns it.
        if form.asks_for_encrypted_reasoning {
            body["include"] = json!(["reasoning.encrypted_content"]);
        }
        body["tools"] = prompt.tools.iter().map(|definition| tool(definition, form)).collect();
        if let Some(choice) = form.openai_tool_choice(prompt.tool_choice) {
            body["tool_choice"] = choice.into();
        }
    }
    body
}

fn reasoning_settings(form: RequestForm, effort: Option<ReasoningEffort>) -> Option<Value> {
    let effort = effort.filter(|_| form.effort != EffortForm::None);
    let mut settings = Map::new();
    if let Some(effort) = effort {
        settings.insert("effort".to_owned(), effort.as_str().into());
    }
    if form.asks_for_summaries && effort != Some(ReasoningEffort::None) {
        settings.insert("summary".to_owned(), "auto".into());
    }
    (!settings.is_empty()).then(|| settings.into())
}

fn tool(definition: &ToolDefinition, form: RequestForm) -> Value {
    let ToolDefinition { name, description, schema, strict } = definition;
    let mut tool = json!({ "type": "function", "name": name, "description": description, "parameters": schema });
    // Without it, schemas are strict here.
    if form.has_strict_schemas {
        tool["strict"] = (*strict).into();
    }
    tool
}
