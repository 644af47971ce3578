//! The prefix of a body.

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Maximum length of the prefix, in bytes.
const MAX_BYTES: usize = 4 * 1024;

/// A body's length and its prefix.
///
/// A copy: a view of a frame would keep the whole read buffer of its socket alive.
#[derive(Clone, Default, PartialEq)]
pub struct Excerpt {
    length: usize,
    beginning: Box<[u8]>,
}

impl Excerpt {
    /// Of this body.
    pub fn of(body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut end = body.len().min(MAX_BYTES);
        // Not within a character, if it is text.
        while end > 0 && end < body.len() && body[end] & 0b1100_0000 == 0b1000_0000 {
            end -= 1;
        }
        Self { length: body.len(), beginning: body[..end].into() }
    }

    /// How many bytes the whole body has.
    pub fn length(&self) -> usize {
        self.length
    }
}

/// Contents stay out of the log.
impl std::fmt::Debug for Excerpt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} bytes", self.length)
    }
}

/// `{"bytes": 5, "text": "hello"}`.
impl Serialize for Excerpt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut excerpt = serializer.serialize_struct("Excerpt", 2)?;
        excerpt.serialize_field("bytes", &self.length)?;
        excerpt.serialize_field("text", &String::from_utf8_lossy(&self.beginning))?;
        excerpt.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "€".repeat(MAX_BYTES);
        let excerpt = Excerpt::of(&text);
        assert_eq!(excerpt.length(), text.len());
        let kept = String::from_utf8(excerpt.beginning.to_vec()).unwrap();
        assert!(text.starts_with(&kept) && (MAX_BYTES - 2..=MAX_BYTES).contains(&kept.len()), "{} bytes", kept.len());
    }

    #[test]
    fn a_short_body_is_kept_whole_whatever_it_is() {
        assert_eq!(
            serde_json::to_value(Excerpt::of("hello")).unwrap(),
            serde_json::json!({"bytes": 5, "text": "hello"})
        );
        assert_eq!(Excerpt::of([0x80; 3]).length(), 3);
    }
}
