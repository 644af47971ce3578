//! A language model for development and tests: an OpenAI-compatible endpoint that needs no network and no key.
//!
//! It explains itself, unless the last user message is a script (see [`script::Script`]).

mod calls;
mod demo;
mod reply;
mod request;
mod script;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use calls::Calls;
use reply::Reply;
use request::CompletionRequest;
use script::Script;

/// Name of the model.
pub const NAME: &str = "demo";

/// The base path of its API.
pub const BASE_PATH: &str = "/model/v1";

/// The header with a fault of [`script::Script`] as JSON, which overrides the script's own.
pub const FAULT_HEADER: &str = "x-local-fault";

/// `/model/v1/chat/completions`, `/model/v1/models` and `/model/calls`.
pub fn router() -> Router {
    Router::new()
        .route("/model/v1/chat/completions", post(complete))
        .route("/model/v1/models", get(models))
        .route("/model/calls", get(list_calls))
        .with_state(Arc::new(Calls::default()))
}

async fn models() -> Json<Value> {
    Json(json!({"object": "list", "data": [{"id": NAME, "object": "model", "created": 0, "owned_by": "local"}]}))
}

async fn list_calls(State(calls): State<Arc<Calls>>) -> Json<Value> {
    Json(calls.to_json())
}

async fn complete(State(calls): State<Arc<Calls>>, headers: HeaderMap, body: Bytes) -> Response {
    let request: CompletionRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return refuse(&format!("The request is not one of chat completions: {error}")),
    };
    let (text, step) = (request.script(), request.step());
    let script = match text.as_deref().map(|text| Script::parse(text)?.step(step)) {
        Some(Ok(script)) => script,
        Some(Err(error)) => return refuse(&format!("The script is not understood: {error}")),
        None => demo::script(&request),
    };
    let call = calls.begin(&request, headers.contains_key(header::AUTHORIZATION));
    let scripted = script.fault(text.map_or(0, |text| calls.seen(text, step)));
    let injected = headers.get(FAULT_HEADER).and_then(|fault| serde_json::from_slice(fault.as_bytes()).ok());
    let fault = injected.unwrap_or(scripted);
    if let Some(failure) = fault.response() {
        call.finish();
        return failure;
    }
    let reply = Reply::new(&script, fault, &request, call);
    if request.stream { reply.streamed() } else { reply.whole().await }
}

fn refuse(message: &str) -> Response {
    let error = json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": null}});
    (StatusCode::BAD_REQUEST, Json(error)).into_response()
}
