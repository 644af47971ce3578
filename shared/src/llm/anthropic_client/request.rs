//! The body of a request.

use serde_json::{Value, json};

use crate::llm::alternating_prompt::AlternatingPrompt;
use crate::llm::claude_effort::thinking_fields;
use crate::llm::request_form::RequestForm;
use crate::llm::{PromptMessage, PromptPart, ToolChoice, ToolDefinition, ToolResultContent, ToolResultPart};

/// The body of a request in this form. A turn with tools may take several steps, so the provider is asked
/// to cache what they have in common: tools, instructions and the messages so far.
pub fn request_body(model: &str, form: RequestForm, prompt: &AlternatingPrompt) -> Value {
    let is_cached = !prompt.tools.is_empty() && form.has_cache_points;
    let mut messages: Vec<Value> = prompt.messages.iter().map(|each| message(each, form, is_cached)).collect();
    let mut body = json!({ "model": model, "max_tokens": form.max_tokens, "stream": true });
    if let Some(instructions) = &prompt.instructions {
        body["system"] = match is_cached {
            true => json!([{ "type": "text", "text": instructions }]),
            false => json!(instructions),
        };
    }
    if !prompt.tools.is_empty() {
        body["tools"] = prompt.tools.iter().map(|definition| tool(definition, form)).collect();
        match prompt.tool_choice {
            ToolChoice::None if form.has_tool_choice => body["tool_choice"] = json!({ "type": "none" }),
            ToolChoice::Required if form.has_tool_choice => body["tool_choice"] = json!({ "type": "any" }),
            _ => {}
        }
    }
    if is_cached {
        // A cache point covers everything before it, and tools precede instructions.
        add_cache_point(&mut body[if prompt.instructions.is_some() { "system" } else { "tools" }]);
        if let Some(newest) = messages.last_mut() {
            add_cache_point(&mut newest["content"]);
        }
    }
    body["messages"] = messages.into();
    if let (Value::Object(body), Some(Value::Object(fields))) = (&mut body, thinking_fields(prompt, form)) {
        body.extend(fields);
    }
    body
}

fn add_cache_point(blocks: &mut Value) {
    if let Some(last) = blocks.as_array_mut().and_then(|blocks| blocks.last_mut()) {
        last["cache_control"] = json!({ "type": "ephemeral" });
    }
}

fn tool(definition: &ToolDefinition, form: RequestForm) -> Value {
    let ToolDefinition { name, description, schema, strict } = definition;
    let mut tool = json!({ "name": name, "description": description, "input_schema": schema });
    if *strict && form.has_strict_schemas {
        tool["strict"] = true.into();
    }
    tool
}

fn message(message: &PromptMessage, form: RequestForm, has_blocks: bool) -> Value {
    let content = match has_blocks || message.has_more_than_text() {
        true => blocks(message, form).into(),
        false => json!(message.content()),
    };
    json!({ "role": message.author(), "content": content })
}

fn blocks(message: &PromptMessage, form: RequestForm) -> Vec<Value> {
    let block = |part: &PromptPart| match part {
        PromptPart::Text(text) => Some(json!({ "type": "text", "text": text })),
        PromptPart::Reasoning { text, data } => data.as_ref().filter(|_| form.returns_reasoning).and_then(|data| {
            match (data.get("redacted_thinking"), data.get("signature")) {
                (Some(hidden), _) => Some(json!({ "type": "redacted_thinking", "data": hidden })),
                (_, Some(signature)) => Some(json!({ "type": "thinking", "thinking": text, "signature": signature })),
                // Of another provider.
                _ => None,
            }
        }),
        PromptPart::ToolCall { call, tool, input } => {
            Some(json!({ "type": "tool_use", "id": call, "name": tool, "input": input }))
        }
        PromptPart::ToolResult { call, output, is_error, .. } => {
            let mut result = json!({ "type": "tool_result", "tool_use_id": call, "content": content(output) });
            if *is_error {
                result["is_error"] = true.into();
            }
            Some(result)
        }
    };
    message.parts.iter().filter_map(block).collect()
}

fn content(output: &ToolResultContent) -> Value {
    let ToolResultContent::Parts(parts) = output else { return output.to_text().into() };
    let block = |part: &ToolResultPart| match part {
        ToolResultPart::Text(text) => json!({ "type": "text", "text": text }),
        ToolResultPart::Image { media_type, data } => {
            let source = json!({ "type": "base64", "media_type": media_type, "data": data });
            json!({ "type": "image", "source": source })
        }
    };
    parts.iter().map(block).collect()
}
