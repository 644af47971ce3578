//! `@connections`: the management API by which functions reach clients.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{StatusCode, header};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::connection::{Close, Connection, SendError};
use super::limits::MAX_MESSAGE_BYTES;
use super::service::Gateway;
use crate::date;
use crate::events::{Event, Invocation};
use crate::permissions::Permission;
use crate::template::STAGE;

/// An error of the management API.
pub(super) enum ManagementError {
    Forbidden,
    Gone,
    TooLarge,
    QueueFull,
}

/// Records a request and its response in the journal.
pub(super) async fn record(
    State(gateway): State<Gateway>,
    Path((_, connection)): Path<(String, String)>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let bytes = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let invocation = Invocation::taken_from(request.headers_mut());
    let response = next.run(request).await;
    let api = &gateway.shared.api;
    gateway.shared.journal.record(|| Event::Management {
        permissions: vec![Permission::of_management(api.id, &api.stage, &method)],
        method: method.to_string(),
        connection,
        status: response.status().as_u16(),
        bytes: bytes.unwrap_or(0),
        millis: started.elapsed(),
        invocation,
    });
    response
}

/// `POST`: queues a message for the client.
pub(super) async fn post(
    State(gateway): State<Gateway>,
    Path((stage, id)): Path<(String, String)>,
    body: Body,
) -> Result<StatusCode, ManagementError> {
    let connection = find(&gateway, &stage, &id)?;
    let body = to_bytes(body, MAX_MESSAGE_BYTES).await.map_err(|_| ManagementError::TooLarge)?;
    match connection.send(message(body)) {
        Ok(()) => Ok(StatusCode::OK),
        Err(SendError::QueueFull) => Err(ManagementError::QueueFull),
        Err(SendError::Gone) => Err(ManagementError::Gone),
    }
}

/// `GET`: describes a connection.
pub(super) async fn look_up(
    State(gateway): State<Gateway>,
    Path((stage, id)): Path<(String, String)>,
) -> Result<Json<Value>, ManagementError> {
    let connection = find(&gateway, &stage, &id)?;
    Ok(Json(json!({
        "connectedAt": date::iso(connection.connected_at),
        "identity": connection.identity.to_json(),
        "lastActiveAt": date::iso(connection.last_activity().at),
    })))
}

/// `DELETE`: closes the connection.
pub(super) async fn delete(
    State(gateway): State<Gateway>,
    Path((stage, id)): Path<(String, String)>,
) -> Result<StatusCode, ManagementError> {
    find(&gateway, &stage, &id)?.close(Close::normal());
    gateway.shared.connections.remove(&id);
    Ok(StatusCode::NO_CONTENT)
}

fn find(gateway: &Gateway, stage: &str, id: &str) -> Result<Arc<Connection>, ManagementError> {
    if stage != STAGE {
        return Err(ManagementError::Forbidden);
    }
    gateway.shared.connections.get(id).ok_or(ManagementError::Gone)
}

/// Clients get text wherever it is text.
fn message(body: Bytes) -> Message {
    match body.clone().try_into() {
        Ok(text) => Message::Text(text),
        Err(_) => Message::Binary(body),
    }
}

impl IntoResponse for ManagementError {
    fn into_response(self) -> Response {
        let (status, kind, message) = match self {
            Self::Forbidden => (StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden"),
            Self::Gone => (StatusCode::GONE, "GoneException", "Gone"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException", "Message too long"),
            Self::QueueFull => (StatusCode::TOO_MANY_REQUESTS, "LimitExceededException", "The client reads too slowly"),
        };
        // The AWS SDKs read the kind of an error from this header.
        (status, [("x-amzn-errortype", kind)], Json(json!({"message": message}))).into_response()
    }
}
