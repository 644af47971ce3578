//! The messages of a prompt as input items: each message, each call and each result is one.

use serde_json::{Value, json};

use super::reasoning_item::returned;
use crate::llm::request_form::RequestForm;
use crate::llm::{PromptMessage, PromptPart, PromptRole, ToolResultContent, ToolResultPart};

/// The items of these messages, in order. Ids of the server's are left out: without storage it knows none.
pub fn input_items(messages: &[PromptMessage], form: RequestForm) -> Vec<Value> {
    let parts = messages.iter().flat_map(|message| message.parts.iter().map(|part| (message.role, part)));
    parts.filter_map(|(role, part)| item(role, part, form)).collect()
}

fn item(role: PromptRole, part: &PromptPart, form: RequestForm) -> Option<Value> {
    match part {
        PromptPart::Text(text) => Some(message(role, text)),
        PromptPart::Reasoning { text, data } => {
            let data = data.as_ref().filter(|_| form.returns_reasoning)?;
            returned(data, text, form.asks_for_encrypted_reasoning)
        }
        PromptPart::ToolCall { call, tool, input } => {
            let arguments = input.to_string();
            Some(json!({ "type": "function_call", "call_id": call, "name": tool, "arguments": arguments }))
        }
        PromptPart::ToolResult { call, output, is_error, .. } => {
            let output = if *is_error { format!("Error: {}", output.to_text()).into() } else { content(output) };
            Some(json!({ "type": "function_call_output", "call_id": call, "output": output }))
        }
    }
}

fn message(role: PromptRole, text: &str) -> Value {
    let (role, kind) = match role {
        PromptRole::Assistant => ("assistant", "output_text"),
        _ => ("user", "input_text"),
    };
    json!({ "type": "message", "role": role, "content": [{ "type": kind, "text": text }] })
}

// Not every server takes results in parts, so those without pictures are texts.
fn content(output: &ToolResultContent) -> Value {
    let ToolResultContent::Parts(parts) = output else { return output.to_text().into() };
    if !output.has_pictures() {
        return output.to_text().into();
    }
    let part = |part: &ToolResultPart| match part {
        ToolResultPart::Text(text) => json!({ "type": "input_text", "text": text }),
        ToolResultPart::Image { media_type, data } => {
            json!({ "type": "input_image", "image_url": format!("data:{media_type};base64,{data}") })
        }
    };
    parts.iter().map(part).collect()
}
