//! The content of a message, as it is stored.

use serde::{Deserialize, Serialize};

use crate::conversation::{Part, content_of};

/// The content of a message: its text, and its parts if it is more than one text.
#[derive(Serialize, Deserialize)]
pub struct Content {
    /// The text of all text parts, readable in the table.
    pub content: String,
    /// The parts in order. A text part only counts its bytes of `content`, so that no text is stored twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<StoredPart>>,
}

/// A part as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum StoredPart {
    /// The next bytes of the content.
    Text {
        /// Their number.
        bytes: usize,
    },
    /// The reasoning before an answer.
    Reasoning {
        /// Its text.
        text: String,
    },
    /// A part that a later version of this code wrote. It is skipped, and stays as it is in the table.
    #[serde(other)]
    Unknown,
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
                .filter_map(|part| match part {
                    StoredPart::Reasoning { text } => Some(Part::Reasoning { text }),
                    StoredPart::Text { bytes } => {
                        let (text, after) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
                        rest = after;
                        Some(Part::Text { text: text.to_owned() })
                    }
                    StoredPart::Unknown => None,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_not_known_is_passed_over_and_the_rest_is_read() {
        let stored = r#"{"content": "Hello you", "parts": [
            {"type": "text", "bytes": 6}, {"type": "hologram", "angle": 7}, {"type": "text", "bytes": 3}]}"#;
        let stored: Content = serde_json::from_str(stored).unwrap();
        let text = |text: &str| Part::Text { text: text.to_owned() };
        assert_eq!(Vec::<Part>::from(stored), [text("Hello "), text("you")]);
    }

    #[test]
    fn a_byte_count_that_makes_no_sense_loses_no_text() {
        for bytes in [1, 2, 1000] {
            let stored = Content { content: "é!".to_owned(), parts: Some(vec![StoredPart::Text { bytes }]) };
            let read: String = Vec::<Part>::from(stored).iter().map(Part::text).collect();
            assert!(read == "é!" || read == "é", "{read}");
        }
    }
}
