//! Where a model is served, the key it wants, and how long it may take.

use std::sync::Arc;
use std::time::Duration;

use super::ModelError;
use crate::secret::Secret;

/// How long each phase of a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// To connect, TLS included.
    pub connect: Duration,
    /// From the request to the first token. Keep-alives do not count.
    pub first_token: Duration,
    /// From one token to the next.
    pub next_token: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_token: Duration::from_secs(60),
            next_token: Duration::from_secs(30),
        }
    }
}

/// Where a model is served over HTTP.
#[derive(Debug, Clone)]
pub struct ModelEndpoint {
    /// The address of the server's API, to which the adapter adds the path of its call. Each adapter says which.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// The key, where the server wants one.
    pub api_key: ApiKey,
    /// How long each phase of a call may take.
    pub limits: TimeLimits,
}

impl ModelEndpoint {
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.trim_end_matches('/'))
    }
}

/// How the key of a model is had.
#[derive(Debug, Clone)]
pub enum ApiKey {
    /// The server wants none.
    None,
    /// From the store of secrets, fetched when it is first needed.
    Secret(Arc<Secret>),
}

impl ApiKey {
    pub(super) async fn value(&self) -> Result<Option<&str>, ModelError> {
        match self {
            ApiKey::None => Ok(None),
            ApiKey::Secret(secret) => {
                secret.value().await.map(Some).map_err(|error| ModelError::Unreachable(error.to_string()))
            }
        }
    }
}
