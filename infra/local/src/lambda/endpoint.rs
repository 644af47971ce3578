//! The address that one environment is given for all that it calls.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::environment::Environment;
use super::pool::Pool;

/// What a process reaches at its environment's address.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub pool: Arc<Pool>,
    pub environment: Arc<Environment>,
}

impl Endpoint {
    /// No answer: the caller has one when its process is gone.
    pub async fn silence(&self) -> Response {
        self.environment.gone().await;
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}
