//! API Gateway for WebSockets: one stage, `local`, of one API.

mod authorizer;
mod connection;
mod error_body;
mod event;
mod handshake;
mod headers;
mod id;
mod integration;
mod limits;
mod management;
mod routing;
mod service;
mod socket;
mod upgrade;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};

pub use service::Gateway;

use crate::template::STAGE;

/// `/local`, the sockets.
pub fn sockets(gateway: &Gateway) -> Router {
    Router::new().route(&format!("/{STAGE}"), any(handshake::connect)).with_state(gateway.clone())
}

/// `/{stage}/@connections/{id}`.
pub fn management(gateway: &Gateway) -> Router {
    let methods = get(management::look_up).post(management::post).delete(management::delete);
    let recorded = methods.layer(from_fn_with_state(gateway.clone(), management::record));
    Router::new().route("/{stage}/@connections/{id}", recorded).with_state(gateway.clone())
}
