//! Why a token is not accepted.

/// Why a token is not accepted. The messages never hold any of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not good.
    #[error("the token is not accepted: {0}")]
    Invalid(&'static str),
    /// Whether it is good cannot be told.
    #[error("the issuer's keys cannot be had: {0}")]
    KeysUnavailable(String),
}
