//! What a tool answers.

use std::borrow::Cow;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Deserialize;
use serde_json::Value;

use super::tool_error::ToolError;

/// The longest error of its own that a tool may have the model told, in bytes.
pub(super) const MAX_ERROR_BYTES: usize = 2048;

/// What a tool answers.
#[derive(derive_more::Debug, Clone, PartialEq)]
pub enum Output {
    /// Text.
    #[debug("Text({} bytes)", _0.len())]
    Text(String),
    /// JSON.
    #[debug("Json(…)")]
    Json(Value),
    /// Texts and pictures, in order.
    Parts(Vec<OutputPart>),
}

/// A part of an output.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub enum OutputPart {
    /// Text.
    #[debug("Text({} bytes)", _0.len())]
    Text(String),
    /// A picture.
    Image {
        /// Its media type, one of those that models read.
        media_type: String,
        /// Its bytes in Base64.
        #[debug("{} bytes", data.len())]
        data: String,
    },
}

impl Output {
    /// Its length in bytes, as it is stored: of JSON without blanks.
    pub fn size(&self) -> usize {
        match self {
            Output::Text(text) => text.len(),
            Output::Json(value) => serde_json::to_vec(value).map_or(usize::MAX, |json| json.len()),
            Output::Parts(parts) => parts.iter().map(OutputPart::size).sum(),
        }
    }

    /// The output that a JSON value is: a text is text, and `{"content": […]}` as MCP has it is its texts and pictures.
    ///
    /// # Errors
    /// The value is MCP's and says that it is an error.
    pub fn of_json(value: Value) -> Result<Self, ToolError> {
        if let Value::String(text) = value {
            return Ok(Output::Text(text));
        }
        let Some(result) = McpResult::of(&value) else { return Ok(Output::Json(value)) };
        if !result.is_error {
            return Ok(Output::Parts(result.content.into_iter().map(OutputPart::from).collect()));
        }
        let text = |part| match part {
            McpPart::Text { text } => Some(text),
            McpPart::Image { .. } => None,
        };
        let texts: Vec<_> = result.content.into_iter().filter_map(text).collect();
        let said = texts.join("\n");
        Err(match said.trim() {
            "" => ToolError::failed("The tool failed."),
            said => ToolError::failed(&said[..said.floor_char_boundary(MAX_ERROR_BYTES)]),
        })
    }

    /// The part of it that a JSON Pointer names: JSON, and null where there is none. Without a pointer it is whole, and so is what is
    /// not JSON.
    pub fn at(&self, pointer: Option<&str>) -> Cow<'_, Output> {
        match (self, pointer) {
            (Output::Json(value), Some(pointer)) => {
                Cow::Owned(Output::Json(value.pointer(pointer).cloned().unwrap_or_default()))
            }
            _ => Cow::Borrowed(self),
        }
    }
}

impl OutputPart {
    fn size(&self) -> usize {
        match self {
            OutputPart::Text(text) => text.len(),
            OutputPart::Image { data, .. } => data.len(),
        }
    }
}

/// Whether this is the media type of a picture that models read.
pub(super) fn is_picture(media_type: &str) -> bool {
    matches!(media_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct McpResult {
    content: Vec<McpPart>,
    #[serde(default)]
    is_error: bool,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum McpPart {
    Text {
        text: String,
    },
    #[serde(rename_all = "camelCase")]
    Image {
        mime_type: String,
        data: String,
    },
}

impl McpResult {
    // `None` of a value that is something else, or has a part that no model reads.
    fn of(value: &Value) -> Option<Self> {
        let result = Self::deserialize(value).ok()?;
        let is_readable = |part: &McpPart| match part {
            McpPart::Text { .. } => true,
            McpPart::Image { mime_type, data } => is_picture(mime_type) && BASE64_STANDARD.decode(data).is_ok(),
        };
        (!result.content.is_empty() && result.content.iter().all(is_readable)).then_some(result)
    }
}

impl From<McpPart> for OutputPart {
    fn from(part: McpPart) -> Self {
        match part {
            McpPart::Text { text } => OutputPart::Text(text),
            McpPart::Image { mime_type, data } => OutputPart::Image { media_type: mime_type, data },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_text_or_parts_or_itself() {
        assert_eq!(Output::of_json(json!("hi")), Ok(Output::Text("hi".to_owned())));
        let content = json!([{"type": "text", "text": "a chart"}, {"type": "image", "mimeType": "image/png", "data": "iVBORw=="}]);
        let image = OutputPart::Image { media_type: "image/png".to_owned(), data: "iVBORw==".to_owned() };
        let parts = vec![OutputPart::Text("a chart".to_owned()), image];
        assert_eq!(Output::of_json(json!({ "content": content, "isError": false })), Ok(Output::Parts(parts)));
        for itself in [
            json!({"content": "hi"}),
            json!({"content": []}),
            json!({"content": [{"type": "image", "mimeType": "image/png", "data": "no Base64"}]}),
            json!({"content": [{"type": "image", "mimeType": "text/html", "data": ""}]}),
            json!({"content": [{"type": "audio", "data": ""}]}),
            json!([1]),
            json!(null),
        ] {
            assert_eq!(Output::of_json(itself.clone()), Ok(Output::Json(itself)));
        }
    }

    #[test]
    fn a_tool_says_itself_what_is_wrong() {
        let error = Output::of_json(json!({"content": [{"type": "text", "text": "No such order."}], "isError": true}));
        assert_eq!(error, Err(ToolError::failed("No such order.")));
        let said =
            |text: String| Output::of_json(json!({"content": [{"type": "text", "text": text}], "isError": true}));
        assert_eq!(said(String::new()), Err(ToolError::failed("The tool failed.")));
        assert_eq!(said("é".repeat(1_000_000)).unwrap_err().sentence.len(), 2048);
    }

    #[test]
    fn a_part_of_json_may_be_asked_for() {
        let output = Output::Json(json!({"total": 3, "rows": [1]}));
        assert_eq!(*output.at(Some("/rows/0")), Output::Json(json!(1)));
        assert_eq!(*output.at(Some("/none")), Output::Json(json!(null)));
        assert_eq!(*output.at(None), output);
        assert_eq!(*Output::Text("a".to_owned()).at(Some("/a")), Output::Text("a".to_owned()));
    }
}
