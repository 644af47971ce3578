//! Tools as a model sees them: their definitions, and the results of calls.

use serde_json::Value;

/// A tool that a model may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolDefinition {
    /// Its name: ASCII letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What it does and when to call it, for the model.
    pub description: String,
    /// The JSON Schema of its arguments, an object.
    pub schema: Value,
    /// The provider is to enforce the schema, where it can. OpenAI then requires that the schema lists every property as
    /// required and allows no others.
    pub strict: bool,
}

/// Whether a model calls tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// It may call none. They stay defined, since the prompt may have earlier calls. Bedrock has no such option: its
    /// models may still call one.
    None,
    /// It has to call at least one.
    Required,
}

/// The result of a call, for the model.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub enum ToolResultContent {
    /// Text.
    #[debug("Text({} bytes)", _0.len())]
    Text(String),
    /// JSON.
    #[debug("Json({} bytes)", _0.to_string().len())]
    Json(Value),
    /// Text and pictures.
    Parts(Vec<ToolResultPart>),
}

impl ToolResultContent {
    /// It as one text, with a remark in place of each picture.
    pub fn to_text(&self) -> String {
        match self {
            ToolResultContent::Text(text) => text.clone(),
            ToolResultContent::Json(json) => json.to_string(),
            ToolResultContent::Parts(parts) => {
                let texts = parts.iter().map(|part| match part {
                    ToolResultPart::Text(text) => text.clone(),
                    ToolResultPart::Image { media_type, .. } => format!("(a picture, {media_type})"),
                });
                texts.collect::<Vec<_>>().join("\n\n")
            }
        }
    }

    /// Whether there is a picture in it.
    pub fn has_pictures(&self) -> bool {
        let ToolResultContent::Parts(parts) = self else { return false };
        parts.iter().any(|part| matches!(part, ToolResultPart::Image { .. }))
    }

    /// Whether there is nothing in it that a model could read.
    pub fn is_blank(&self) -> bool {
        match self {
            ToolResultContent::Text(text) => text.trim().is_empty(),
            ToolResultContent::Json(json) => json.is_null(),
            ToolResultContent::Parts(parts) => {
                parts.iter().all(|part| matches!(part, ToolResultPart::Text(text) if text.trim().is_empty()))
            }
        }
    }
}

/// A part of a result.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub enum ToolResultPart {
    /// Text.
    #[debug("Text({} bytes)", _0.len())]
    Text(String),
    /// A picture.
    #[debug("Image({media_type}, {} bytes)", data.len())]
    Image {
        /// Its media type, such as `image/png`.
        media_type: String,
        /// The picture in base64.
        data: String,
    },
}
