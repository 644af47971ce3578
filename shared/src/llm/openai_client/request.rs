//! The body of a request.

use serde_json::{Value, json};

use super::reasoning::return_reasoning;
use crate::llm::alternating_prompt::AlternatingPrompt;
use crate::llm::request_form::{EffortForm, RequestForm};
use crate::llm::{PromptMessage, PromptPart, PromptRole, ToolDefinition, ToolResultContent, ToolResultPart};

/// The body of a request in this form.
pub fn request_body(model: &str, form: RequestForm, prompt: &AlternatingPrompt) -> Value {
    let instructions = prompt.instructions.as_deref();
    let mut messages: Vec<Value> =
        instructions.into_iter().map(|instructions| json!({ "role": "system", "content": instructions })).collect();
    for message in &prompt.messages {
        match message.role {
            PromptRole::Assistant => messages.push(reply(message, form)),
            _ => ask(message, &mut messages),
        }
    }
    let mut body = json!({ "model": model, "messages": messages, "stream": true });
    if form.asks_for_usage {
        body["stream_options"] = json!({ "include_usage": true });
    }
    if let Some(bound) = form.max_tokens {
        body[if form.has_newer_name { "max_completion_tokens" } else { "max_tokens" }] = bound.into();
    }
    if let Some(effort) = prompt.reasoning_effort.filter(|_| form.effort != EffortForm::None) {
        body["reasoning_effort"] = effort.as_str().into();
    }
    if !prompt.tools.is_empty() {
        body["tools"] = prompt.tools.iter().map(|definition| tool(definition, form)).collect();
        if let Some(choice) = form.openai_tool_choice(prompt.tool_choice) {
            body["tool_choice"] = choice.into();
        }
    }
    body
}

fn tool(definition: &ToolDefinition, form: RequestForm) -> Value {
    let ToolDefinition { name, description, schema, strict } = definition;
    let mut function = json!({ "name": name, "description": description, "parameters": schema });
    if *strict && form.has_strict_schemas {
        function["strict"] = true.into();
    }
    json!({ "type": "function", "function": function })
}

// A message of the model, with its calls.
fn reply(message: &PromptMessage, form: RequestForm) -> Value {
    let content = message.content();
    let mut reply = json!({ "role": "assistant", "content": content });
    if form.returns_reasoning {
        return_reasoning(&message.parts, &mut reply);
    }
    // What a provider wants back with a call stands before it.
    let mut data = None;
    let mut calls: Vec<Value> = Vec::new();
    for part in &message.parts {
        match part {
            PromptPart::Reasoning { data: Some(of_call), .. } => data = of_call.get("extra_content"),
            PromptPart::ToolCall { call, tool, input } => {
                let function = json!({ "name": tool, "arguments": input.to_string() });
                let mut call = json!({ "id": call, "type": "function", "function": function });
                if let Some(data) = data.take().filter(|_| form.returns_reasoning) {
                    call["extra_content"] = data.clone();
                }
                calls.push(call);
            }
            _ => {}
        }
    }
    if !calls.is_empty() {
        if content.is_empty() {
            reply["content"] = Value::Null;
        }
        reply["tool_calls"] = calls.into();
    }
    reply
}

// A message of the user: each result is a message of its own, and only text. Pictures come with the user's words.
fn ask(message: &PromptMessage, messages: &mut Vec<Value>) {
    let mut pictures: Vec<Value> = Vec::new();
    for part in &message.parts {
        let PromptPart::ToolResult { call, tool, output, is_error } = part else { continue };
        let text = output.to_text();
        let content = if *is_error { format!("Error: {text}") } else { text };
        messages.push(json!({ "role": "tool", "tool_call_id": call, "content": content }));
        let ToolResultContent::Parts(parts) = output else { continue };
        for part in parts {
            if let ToolResultPart::Image { media_type, data } = part {
                pictures.push(json!({ "type": "text", "text": format!("A picture that the tool {tool} returned:") }));
                let url = format!("data:{media_type};base64,{data}");
                pictures.push(json!({ "type": "image_url", "image_url": { "url": url } }));
            }
        }
    }
    let content = message.content();
    if pictures.is_empty() {
        if !content.is_empty() {
            messages.push(json!({ "role": "user", "content": content }));
        }
        return;
    }
    if !content.is_empty() {
        pictures.push(json!({ "type": "text", "text": content }));
    }
    messages.push(json!({ "role": "user", "content": pictures }));
}
