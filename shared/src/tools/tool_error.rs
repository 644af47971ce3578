//! Calls without an output.

/// A call that has no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct ToolError {
    /// What went wrong, for the model and the user. Without secrets.
    pub sentence: String,
    /// Whether the call may have acted although there is no answer: it timed out, or the connection broke.
    pub is_unknown: bool,
}

impl ToolError {
    /// A call that was refused, or has failed with an answer.
    pub fn failed(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), is_unknown: false }
    }

    /// A call that may have acted.
    pub fn unknown(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), is_unknown: true }
    }

    /// A call that ran, and whose output is dropped.
    pub(super) fn too_large(most: usize) -> Self {
        Self::failed(format!("The tool ran, but its output is larger than {most} bytes and was dropped."))
    }
}
