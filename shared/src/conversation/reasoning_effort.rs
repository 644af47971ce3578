//! How long a model reasons before it answers.

use serde::Deserialize;

/// The effort that a model puts into its reasoning. Providers have fewer levels, or other names for them: an adapter sends
/// the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReasoningEffort {
    /// No reasoning.
    None,
    /// As little as possible.
    Minimal,
    /// Little.
    Low,
    /// The balance of speed and thoroughness that most models have by default.
    Medium,
    /// Much.
    High,
    /// As much as possible.
    Xhigh,
}

impl ReasoningEffort {
    /// All of them, from the least.
    pub const ALL: [Self; 6] = [Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::Xhigh];

    /// Its name, as a configuration and OpenAI's protocols have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
        }
    }
}
