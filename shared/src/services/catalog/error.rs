//! Why there is nothing to choose from.

use crate::db::StoreError;
use crate::error::{ChatError, ErrorCode};

/// The server has no agents. What is wrong is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// They cannot be read.
    #[error("the agents cannot be read")]
    Unreadable,
    /// Something is wrong with them.
    #[error("the agents have mistakes")]
    Unusable,
}

impl From<CatalogError> for ChatError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Unreadable => Self::internal(error),
            CatalogError::Unusable => Self::new(ErrorCode::Misconfigured).caused_by(error),
        }
    }
}

impl From<CatalogError> for StoreError {
    fn from(error: CatalogError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
