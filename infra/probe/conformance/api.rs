//! The two APIs of the probe.

/// The APIs to examine.
#[derive(Clone, Copy, Debug)]
pub enum Api {
    /// `template.yaml`: a default route, and a token that may be missing.
    Open,
    /// `strict.yaml`: neither.
    Strict,
}
