//! Why a token is rejected.

/// Why a token is rejected. The messages never include any of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is invalid.
    #[error("the token is not accepted: {0}")]
    Invalid(&'static str),
    /// It cannot be verified.
    #[error("the issuer's keys cannot be had: {0}")]
    KeysUnavailable(String),
}
