//! Lambda's operation `Invoke`, so that `aws lambda invoke --endpoint-url` and the SDKs invoke functions of the stack.

use axum::Router;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use crate::arn;
use crate::lambda::error::InvocationError;
use crate::lambda::function::Function;
use crate::lambda::request::InvokeRequest;
use crate::lambda::service::Lambda;

/// Maximum event of a synchronous call, in bytes.
const MAX_EVENT_BYTES: usize = 6 * 1024 * 1024;
/// Maximum event of an asynchronous call, in bytes.
const MAX_ASYNCHRONOUS_EVENT_BYTES: usize = 1024 * 1024;

/// `POST /2015-03-31/functions/{name}/invocations`.
pub fn router(lambda: Lambda) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .layer(DefaultBodyLimit::max(MAX_EVENT_BYTES))
        .with_state(lambda)
}

async fn invoke(
    State(lambda): State<Lambda>,
    Path(name): Path<String>,
    headers: HeaderMap,
    event: Result<Bytes, BytesRejection>,
) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Nothing is verified, but no page of a browser can send this header to a stranger.
    if !text(header::AUTHORIZATION.as_str()).starts_with("AWS4-HMAC-SHA256 ") {
        let message = "Missing Authentication Token";
        return refusal(StatusCode::FORBIDDEN, "MissingAuthenticationTokenException", message);
    }
    let Some(function) = lambda.functions.named(&name) else {
        let message = format!("Function not found: {}", arn::function(&name));
        return refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
    };
    let kind = text("x-amz-invocation-type");
    let limit = if kind == "Event" { MAX_ASYNCHRONOUS_EVENT_BYTES } else { MAX_EVENT_BYTES };
    let event = match event {
        Ok(event) if event.len() <= limit => event,
        _ => {
            let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
            return refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", &message);
        }
    };
    let event = if event.is_empty() { Bytes::from_static(b"{}") } else { event };
    if let Err(error) = serde_json::from_slice::<&serde_json::value::RawValue>(&event) {
        let message = format!("Could not parse request body into json: {error}");
        return refusal(StatusCode::BAD_REQUEST, "InvalidRequestContentException", &message);
    }
    match kind {
        "" | "RequestResponse" => answer(function, event).await,
        "Event" => match lambda.invoke_async(&function.declared.id, event) {
            Ok(request_id) => (StatusCode::ACCEPTED, [("x-amzn-RequestId", request_id)]).into_response(),
            Err(error) => refusal(StatusCode::NOT_FOUND, error.kind(), &error.to_string()),
        },
        "DryRun" => StatusCode::NO_CONTENT.into_response(),
        other => {
            let message = format!("{other} is not an invocation type: RequestResponse, Event or DryRun");
            refusal(StatusCode::BAD_REQUEST, "InvalidParameterValueException", &message)
        }
    }
}

async fn answer(function: &Function, event: Bytes) -> Response {
    let request = InvokeRequest::new(event);
    let id = request.id.clone();
    let headers = [("x-amzn-RequestId", id.clone()), ("X-Amz-Executed-Version", "$LATEST".to_owned())];
    match function.invoke(request).await {
        Ok(answer) => (headers, answer).into_response(),
        Err(error @ InvocationError::Throttled { reserved, .. }) => {
            let reason = if reserved {
                "ReservedFunctionConcurrentInvocationLimitExceeded"
            } else {
                "ConcurrentInvocationLimitExceeded"
            };
            let body = json!({"Reason": reason, "Type": "User", "message": "Rate Exceeded."});
            let kind = [("x-amzn-ErrorType", error.kind())];
            (StatusCode::TOO_MANY_REQUESTS, kind, axum::Json(body)).into_response()
        }
        // The call of Lambda has succeeded; the function has failed.
        Err(error) => (headers, [("X-Amz-Function-Error", "Unhandled")], error.payload(&id)).into_response(),
    }
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = json!({"Type": "User", "Message": message});
    (status, [("x-amzn-ErrorType", kind)], axum::Json(body)).into_response()
}
