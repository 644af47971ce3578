//! The Lambda Runtime API (version 2018-06-01) of one environment.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;

use super::egress;
use super::endpoint::Endpoint;
use super::environment::{Environment, NextInvocation};
use super::error::{InvocationError, MAX_RESPONSE_BYTES};
use super::pool::Pool;
use crate::guard;
use crate::trace;

/// Serves the API, and forwards all other calls, until its environment is gone.
pub(super) async fn serve(listener: TcpListener, pool: Arc<Pool>, environment: Arc<Environment>) {
    let gone = {
        let environment = environment.clone();
        async move { environment.wait_until_gone().await }
    };
    let endpoint = Endpoint { pool, environment };
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(MAX_RESPONSE_BYTES))
        .fallback(egress::forward)
        .layer(from_fn_with_state(endpoint.clone(), egress::inject_fault))
        .layer(from_fn(guard::admit_by_host))
        .with_state(endpoint);
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    // The listener accepts until it is dropped; it cannot fail in a way that could be handled here.
    let _ = axum::serve(listener, router).with_graceful_shutdown(gone).await;
}

async fn next(State(endpoint): State<Endpoint>) -> Response {
    let Endpoint { pool, environment } = endpoint;
    if environment.is_unanswered() {
        environment.log.problem("it asked for the next invocation before it had answered this one, and is refused");
        return refused(StatusCode::FORBIDDEN, "InvalidStateTransition", "State transition is not allowed");
    }
    // `None` when the environment is taken out of service: its process is about to be killed.
    let Some(NextInvocation { request_id: id, payload, time_left, .. }) = pool.next(&environment).await else {
        return StatusCode::GONE.into_response();
    };
    // Real time, since the process has its own clock, which tests do not advance.
    let deadline = SystemTime::now() + time_left;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    // `Client-Context` and `Cognito-Identity` come with the mobile SDK alone.
    let response = Response::builder()
        .header("Content-Type", "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", &id)
        .header("Lambda-Runtime-Deadline-Ms", deadline.to_string())
        .header("Lambda-Runtime-Invoked-Function-Arn", &pool.settings.function.arn)
        .header("Lambda-Runtime-Trace-Id", trace::of_invocation(pool.clock.epoch_millis()))
        .body(Body::from(payload));
    response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn response(
    State(endpoint): State<Endpoint>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            endpoint.environment.log.problem(InvocationError::TooLarge);
            endpoint.pool.answer(&endpoint.environment, &id, Err(InvocationError::TooLarge));
            let message = format!("Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).");
            return refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message);
        }
        // The request was cut off. The process may retry.
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    accepted(endpoint.pool.answer(&endpoint.environment, &id, Ok(body)))
}

async fn error(State(endpoint): State<Endpoint>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let error = described(&headers, &body);
    endpoint.environment.log.problem(&error);
    accepted(endpoint.pool.answer(&endpoint.environment, &id, Err(error)))
}

/// The process reports an init error. The init fails even if the process does not exit.
async fn init_error(State(endpoint): State<Endpoint>, headers: HeaderMap, body: Bytes) -> Response {
    if !endpoint.environment.is_in_init() {
        return refused(StatusCode::FORBIDDEN, "InvalidStateTransition", "State transition is not allowed");
    }
    endpoint.environment.set_init_error(described(&headers, &body));
    accepted(true)
}

fn described(headers: &HeaderMap, body: &[u8]) -> InvocationError {
    let kind = headers.get("Lambda-Runtime-Function-Error-Type").and_then(|kind| kind.to_str().ok());
    InvocationError::described(body, kind)
}

fn accepted(known: bool) -> Response {
    if known {
        (StatusCode::ACCEPTED, axum::Json(json!({"status": "OK"}))).into_response()
    } else {
        refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
    }
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, axum::Json(json!({"errorType": kind, "errorMessage": message}))).into_response()
}
