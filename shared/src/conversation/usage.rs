//! Token counts.

use serde::{Deserialize, Serialize};

/// The model's token counts for one reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the reply, reasoning included.
    pub output_tokens: u64,
    /// Those of the prompt that the provider read from its cache.
    #[serde(default, skip_serializing_if = "crate::serde_default::is_default")]
    #[cfg_attr(feature = "schema", ts(as = "Option<u64>", optional))]
    pub cached_input_tokens: u64,
}

impl Usage {
    /// The sum of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cached_input_tokens: self.cached_input_tokens.saturating_add(other.cached_input_tokens),
        }
    }
}
