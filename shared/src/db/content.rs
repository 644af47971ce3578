//! What a message says, as it is stored.

use serde::{Deserialize, Serialize};

use crate::conversation::{Part, content_of};

/// What a message says: its text, and its parts where it is more than one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The text of all text parts, for whoever reads the table.
    pub content: String,
    /// The parts in their order. A text part only counts its bytes of `content`, so that no text is stored twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<StoredPart>>,
}

/// A part as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum StoredPart {
    /// The next bytes of the content.
    Text {
        /// How many.
        bytes: usize,
    },
    /// The thoughts before an answer.
    Reasoning {
        /// The thoughts.
        text: String,
    },
}

impl From<&[Part]> for Content {
    fn from(parts: &[Part]) -> Self {
        let store = |part: &Part| match part {
            Part::Text { text } => StoredPart::Text { bytes: text.len() },
            Part::Reasoning { text } => StoredPart::Reasoning { text: text.clone() },
        };
        Self {
            content: content_of(parts),
            parts: match parts {
                [] | [Part::Text { .. }] => None,
                several => Some(several.iter().map(store).collect()),
            },
        }
    }
}

impl From<Content> for Vec<Part> {
    fn from(stored: Content) -> Self {
        let mut rest = stored.content.as_str();
        match stored.parts {
            None if rest.is_empty() => Vec::new(),
            None => vec![Part::Text { text: stored.content }],
            Some(parts) => parts
                .into_iter()
                .map(|part| match part {
                    StoredPart::Reasoning { text } => Part::Reasoning { text },
                    StoredPart::Text { bytes } => {
                        let (text, after) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
                        rest = after;
                        Part::Text { text: text.to_owned() }
                    }
                })
                .collect(),
        }
    }
}
