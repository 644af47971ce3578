//! The Lambda Runtime API (version 2018-06-01) of one environment.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use bytes::Bytes;
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;

use super::environment::Environment;
use super::pool::{Event, Pool};
use super::{function_error, outgoing};
use crate::trace;

/// Longest answer of a function.
const LONGEST_ANSWER: usize = 6 * 1024 * 1024;

/// What a process reaches at its environment's address.
#[derive(Clone)]
pub(super) struct Api {
    pub pool: Arc<Pool>,
    pub environment: Arc<Environment>,
}

impl Api {
    /// No answer: the caller has one when its process is gone.
    pub async fn silence(&self) -> Response {
        self.environment.gone().await;
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

/// Serves the API, and what lies outside, until its environment is gone.
pub(super) async fn serve(listener: TcpListener, pool: Arc<Pool>, environment: Arc<Environment>) {
    let gone = {
        let environment = environment.clone();
        async move { environment.gone().await }
    };
    let api = Api { pool, environment };
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(LONGEST_ANSWER))
        .fallback(outgoing::forward)
        .layer(from_fn_with_state(api.clone(), outgoing::befall))
        .with_state(api);
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    // The listener accepts until it is dropped; it cannot fail in a way that could be handled here.
    let _ = axum::serve(listener, router).with_graceful_shutdown(gone).await;
}

async fn next(State(api): State<Api>) -> Response {
    let Api { pool, environment } = api;
    // Empty when the environment is taken out of service: its process is about to be killed.
    let Some(Event { request_id: id, payload }) = pool.next(&environment).await else {
        return StatusCode::GONE.into_response();
    };
    // Real time, whatever tests have done to the stack's: the process has its own clock.
    let deadline = SystemTime::now() + pool.settings.function.timeout;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let response = Response::builder()
        .header("Content-Type", "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", &id)
        .header("Lambda-Runtime-Deadline-Ms", deadline.to_string())
        .header("Lambda-Runtime-Invoked-Function-Arn", &pool.settings.function.arn)
        .header("Lambda-Runtime-Trace-Id", trace::root(pool.clock.epoch_millis()))
        .body(Body::from(payload));
    response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn response(State(api): State<Api>, Path(id): Path<String>, body: Bytes) -> Response {
    accepted(api.environment.answers(&id, Ok(body)))
}

async fn error(State(api): State<Api>, Path(id): Path<String>, body: Bytes) -> Response {
    let error = function_error(&body);
    api.pool.console.say(&error);
    accepted(api.environment.answers(&id, Err(error)))
}

async fn init_error(State(api): State<Api>, body: Bytes) -> Response {
    // The process ends after this, and what waited for it fails then.
    api.pool.console.say(format_args!("init failed: {}", function_error(&body)));
    accepted(true)
}

fn accepted(known: bool) -> Response {
    if known {
        (StatusCode::ACCEPTED, axum::Json(json!({"status": "OK"}))).into_response()
    } else {
        let body = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
        (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
    }
}
