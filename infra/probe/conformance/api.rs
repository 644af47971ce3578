//! The two APIs of the probe.

/// The APIs under test.
#[derive(Clone, Copy, Debug)]
pub enum Api {
    /// `template.yaml`: with a default route and an optional token.
    Open,
    /// `strict.yaml`: without a default route, and with a required token.
    Strict,
}
