//! What a tool answers.

use serde_json::Value;

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
        /// Its media type, such as `image/png`.
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
}

impl OutputPart {
    fn size(&self) -> usize {
        match self {
            OutputPart::Text(text) => text.len(),
            OutputPart::Image { data, .. } => data.len(),
        }
    }
}
