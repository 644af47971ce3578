//! The result of a tool, as an output.

use std::fmt::Write;

use base64::prelude::{BASE64_STANDARD, Engine};
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, ResourceContents};
use serde_json::Value;

use super::failure::shortened;
use crate::secret::SecretValue;
use crate::tools::output::{Output, OutputPart, is_picture};
use crate::tools::tool_error::ToolError;

/// The output of a call. The secret is taken out of it: some servers repeat what they were sent.
pub(super) fn output(response: CallToolResponse, secret: Option<&SecretValue>) -> Result<Output, ToolError> {
    match response {
        CallToolResponse::Complete(result) => of_result(result, secret),
        CallToolResponse::InputRequired(_) => Err(ToolError::failed(
            "The tool asks for input of a kind that is not supported here. It has not completed.",
        )),
        _ => Err(ToolError::unknown(
            "The tool's server goes on with the call as a task, which is not supported here. It may act.",
        )),
    }
}

fn of_result(result: CallToolResult, secret: Option<&SecretValue>) -> Result<Output, ToolError> {
    let clean = |text: String| without(secret, text);
    let mut parts: Vec<_> = result.content.into_iter().map(|block| part(block, &clean)).collect();
    let is_text = |part: &OutputPart| matches!(part, OutputPart::Text(_));
    if result.is_error == Some(true) {
        let said: Vec<_> = parts.iter().filter_map(text_of).collect();
        let said = shortened(&said.join("\n"));
        return Err(ToolError::failed(if said.is_empty() { "The tool failed.".to_owned() } else { said }));
    }
    let structured = result.structured_content.filter(|value| !value.is_null()).map(|value| cleaned(value, &clean));
    match structured {
        // Servers repeat it as a text, for clients that do not know it.
        Some(value) if parts.iter().all(is_text) => return Ok(Output::Json(value)),
        Some(value) if !parts.iter().any(is_text) => parts.push(OutputPart::Text(value.to_string())),
        _ => {}
    }
    Ok(match parts.pop() {
        None => Output::Json(Value::Null),
        Some(OutputPart::Text(text)) if parts.is_empty() => Output::Text(text),
        Some(last) => {
            parts.push(last);
            Output::Parts(parts)
        }
    })
}

fn part(block: ContentBlock, clean: &impl Fn(String) -> String) -> OutputPart {
    match block {
        ContentBlock::Text(content) => OutputPart::Text(clean(content.text)),
        ContentBlock::Image(image) => picture(&image.mime_type, image.data, "an image"),
        ContentBlock::Audio(audio) => note("audio", &audio.mime_type, audio.data.len()),
        ContentBlock::Resource(embedded) => match embedded.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => {
                OutputPart::Text(clean(format!("[The resource {uri}]\n{text}")))
            }
            ResourceContents::BlobResourceContents { mime_type, blob, .. } => {
                picture(mime_type.as_deref().unwrap_or("application/octet-stream"), blob, "a resource")
            }
            _ => note("a resource", "of an unknown kind", 0),
        },
        ContentBlock::ResourceLink(link) => {
            let mut text = format!("[A link to the resource {}: {}", link.name, link.uri);
            if let Some(kind) = link.mime_type {
                let _ = write!(text, ", {kind}");
            }
            text.push(']');
            if let Some(description) = link.description {
                let _ = write!(text, " {description}");
            }
            OutputPart::Text(clean(text))
        }
        _ => note("content", "of an unknown kind", 0),
    }
}

fn picture(media_type: &str, data: String, what: &str) -> OutputPart {
    match is_picture(media_type) && BASE64_STANDARD.decode(&data).is_ok() {
        true => OutputPart::Image { media_type: media_type.to_owned(), data },
        false => note(what, media_type, data.len()),
    }
}

// The media type is the server's own word, and may be anything.
fn note(what: &str, media_type: &str, base64_bytes: usize) -> OutputPart {
    let media_type = &media_type[..media_type.floor_char_boundary(100)];
    let bytes = base64_bytes / 4 * 3;
    OutputPart::Text(format!("[The tool returned {what}, {media_type}, {bytes} bytes, which cannot be shown here]"))
}

fn text_of(part: &OutputPart) -> Option<&str> {
    match part {
        OutputPart::Text(text) => Some(text),
        OutputPart::Image { .. } => None,
    }
}

fn cleaned(value: Value, clean: &impl Fn(String) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(elements) => elements.into_iter().map(|element| cleaned(element, clean)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, cleaned(value, clean)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        scalar => scalar,
    }
}

pub(super) fn without(secret: Option<&SecretValue>, text: String) -> String {
    match secret.map(SecretValue::expose).filter(|secret| !secret.is_empty()) {
        Some(secret) if text.contains(secret) => text.replace(secret, "…"),
        _ => text,
    }
}
