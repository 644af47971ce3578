//! What the stack itself serves, for its functions.

use std::sync::{Arc, OnceLock, Weak};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tower::ServiceExt;

/// What the stack serves, called without a network in between: a post is on its way to the client that much sooner.
#[derive(Clone, Debug, Default)]
pub struct Services {
    /// Weak, since the gateway among the services has the functions that have this.
    router: Arc<OnceLock<Weak<Router>>>,
}

impl Services {
    /// Sets the services to call. Only the first call counts.
    pub fn set(&self, router: &Arc<Router>) {
        self.router.get_or_init(|| Arc::downgrade(router));
    }

    pub(super) async fn call(&self, request: Request) -> Response {
        match self.router.get().and_then(Weak::upgrade) {
            Some(router) => router.as_ref().clone().oneshot(request).await.into_response(),
            // The stack is stopping.
            None => StatusCode::BAD_GATEWAY.into_response(),
        }
    }
}
