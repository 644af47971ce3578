//! The trait of a store of tool outputs that are too long for a reply's log.

use async_trait::async_trait;

use super::error::StoreError;
use crate::conversation::CallId;
use crate::turn::TurnKey;

/// Stores whole outputs beside the reply, whose log has their beginning. They are removed with their conversation.
#[async_trait]
pub trait OutputStore: Send + Sync {
    /// Stores an output. Repeating it changes nothing.
    async fn save_output(&self, turn: &TurnKey, call: &CallId, text: &str) -> Result<(), StoreError>;

    /// A part of an output, zero-based; `None` if there is none, because the output is in the log.
    async fn output_part(&self, turn: &TurnKey, call: &CallId, number: usize)
    -> Result<Option<OutputPart>, StoreError>;
}

/// A part of an output.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct OutputPart {
    /// Its text.
    #[debug("{} bytes", text.len())]
    pub text: String,
    /// Whether another one follows.
    pub goes_on: bool,
}

/// The length of a part of an output, in bytes: as JSON it fits a post.
pub const OUTPUT_PART_BYTES: usize = 16 * 1024;

/// The parts of an output, in order.
pub fn output_parts(text: &str) -> Vec<OutputPart> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_at(rest.floor_char_boundary(OUTPUT_PART_BYTES));
        parts.push(OutputPart { text: part.to_owned(), goes_on: !after.is_empty() });
        rest = after;
        if rest.is_empty() {
            return parts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_the_sum_of_its_parts() {
        for text in [String::new(), "é".repeat(20_000), "x".repeat(OUTPUT_PART_BYTES * 2)] {
            let parts = output_parts(&text);
            assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<String>(), text);
            let goes_on: Vec<bool> = parts.iter().map(|part| part.goes_on).collect();
            assert_eq!(goes_on.iter().filter(|goes_on| !**goes_on).count(), 1);
            assert_eq!(goes_on.last(), Some(&false));
        }
    }
}
