//! The limits of one reply of an agent with tools.

/// The limits of one reply. At a limit the model is asked once more, without tools, to answer with what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepLimits {
    /// How often the model is called.
    pub steps: usize,
    /// How many tools are called.
    pub calls: usize,
}

impl Default for StepLimits {
    fn default() -> Self {
        Self { steps: 8, calls: 16 }
    }
}
