//! The loopback endpoint of one environment, through which its process makes every call.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::environment::Environment;
use super::pool::Pool;

/// The state of the handlers at an environment's endpoint.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub pool: Arc<Pool>,
    pub environment: Arc<Environment>,
}

impl Endpoint {
    /// Gives no response until the process is gone.
    pub async fn hang(&self) -> Response {
        self.environment.wait_until_gone().await;
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}
