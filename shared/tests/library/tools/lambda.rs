//! Lambda tools, called with the real SDK at a server that answers as Lambda does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use natter::http_clients::AwsHttp;
use natter::tools::{Lambda, Output, Runs, Tool, ToolDefinition, ToolError};
use serde_json::{Value, json};

use super::{call, closing, nobody};
use crate::support::HttpServer;

/// The tool `refund`, which is the function `shop-refund` of the Lambda at this address.
fn tool(url: &str) -> Tool {
    let http = AwsHttp::new();
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(url)
        .region(Region::new("local"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .http_client(http.for_sdk())
        .build();
    let definition = ToolDefinition {
        name: "refund".to_owned(),
        description: String::new(),
        schema: json!({ "type": "object" }),
        strict: false,
    };
    Tool::new(definition, Runs::Server(Lambda::new(&aws, &http).runner("refund", "shop-refund")))
}

/// What becomes of a call that is answered so, and how often the function was called.
async fn invoked(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> (Result<Output, ToolError>, usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let invoke = move |Path(function): Path<String>| {
        assert_eq!(function, "shop-refund");
        counted.fetch_add(1, Ordering::SeqCst);
        let answer = answer();
        async move { answer }
    };
    let router = Router::new().route("/2015-03-31/functions/{function}/invocations", post(invoke));
    let server = HttpServer::start(router).await;
    let output = call(&tool(&server.url), json!({})).await;
    (output, count.load(Ordering::SeqCst))
}

async fn output(payload: &'static str) -> Result<Output, ToolError> {
    invoked(move || payload.into_response()).await.0
}

fn refused(status: StatusCode, kind: &'static str) -> Response {
    let body = json!({ "Type": "User", "Message": "arn:aws:lambda:eu-central-1:111122223333:function:shop-refund" });
    (status, [("x-amzn-ErrorType", kind)], axum::Json(body)).into_response()
}

#[tokio::test]
async fn a_function_is_told_the_call_and_for_whom_it_acts() {
    let told = Arc::new(Mutex::new(Value::Null));
    let kept = Arc::clone(&told);
    let invoke = move |body: String| async move { *kept.lock().unwrap() = serde_json::from_str(&body).unwrap() };
    let server = HttpServer::start(Router::new().fallback(invoke)).await;
    let output = call(&tool(&server.url), json!({"order": "a", "amount": 7})).await;
    assert_eq!(output, Ok(Output::Json(Value::Null)));
    let expected = json!({
        "name": "refund",
        "arguments": {"order": "a", "amount": 7},
        "key": "call-1",
        "user": "ada",
        "conversation": "chat",
    });
    assert_eq!(*told.lock().unwrap(), expected);
}

#[tokio::test]
async fn an_answer_is_json_text_or_parts() {
    assert_eq!(output("{\"paid\": true}").await, Ok(Output::Json(json!({"paid": true}))));
    assert_eq!(output("\"paid\"").await, Ok(Output::Text("paid".to_owned())));
    let parts = output(r#"{"content": [{"type": "text", "text": "paid"}]}"#).await.unwrap();
    assert!(matches!(&parts, Output::Parts(parts) if parts.len() == 1), "{parts:?}");
    assert_eq!(output("<html>").await, Err(ToolError::failed("The tool ran, but its answer is not JSON.")));
}

#[tokio::test]
async fn a_function_that_fails_tells_the_kind_of_its_error_and_not_what_it_quotes() {
    for (payload, sentence, is_unknown) in [
        (
            json!({"errorType": "OrderNotFound", "errorMessage": "postgres://me:secret@db"}),
            "failed with OrderNotFound.",
            false,
        ),
        (json!({"errorType": "secret secret"}), "function failed.", false),
        (json!("secret"), "function failed.", false),
        (json!({"errorType": "Sandbox.Timedout"}), "It may have acted.", true),
        (json!({"errorType": "Runtime.ExitError"}), "It may have acted.", true),
    ] {
        let answer = move || ([("X-Amz-Function-Error", "Unhandled")], payload.to_string()).into_response();
        let (output, count) = invoked(answer).await;
        let error = output.unwrap_err();
        assert!(error.sentence.ends_with(sentence) && !error.sentence.contains("secret"), "{error}");
        assert_eq!((error.is_unknown, count), (is_unknown, 1), "{error}");
    }
}

#[tokio::test]
async fn a_call_that_lambda_refuses_has_not_acted() {
    for (status, kind) in [
        (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
        (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        (StatusCode::FORBIDDEN, "AccessDeniedException"),
    ] {
        let (output, count) = invoked(move || refused(status, kind)).await;
        let sentence = format!("The tool's function was not called: Lambda answered with {kind}.");
        assert_eq!((output, count), (Err(ToolError::failed(sentence)), 1));
    }
}

#[tokio::test]
async fn a_call_that_may_have_acted_is_never_made_again() {
    let (output, count) = invoked(|| refused(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException")).await;
    assert!(output.unwrap_err().is_unknown);
    assert_eq!(count, 1);

    for said in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"] {
        let (url, count) = closing(said).await;
        let error = call(&tool(&url), json!({})).await.unwrap_err();
        assert!(error.is_unknown && error.sentence.contains("may have acted"), "{error}");
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_function_that_is_silent_may_have_acted() {
    let server = HttpServer::start(Router::new().fallback(std::future::pending::<String>)).await;
    let mut tool = tool(&server.url);
    tool.timeout = Duration::from_millis(100);
    assert!(call(&tool, json!({})).await.unwrap_err().is_unknown);
}

#[tokio::test]
async fn a_lambda_that_is_not_there_has_not_been_called() {
    let error = call(&tool(&nobody().await), json!({})).await.unwrap_err();
    assert!(!error.is_unknown && error.sentence.contains("has not been called"), "{error}");
}

#[tokio::test]
async fn an_output_that_is_too_large_is_dropped() {
    for length in [300_000, 5_000_000] {
        let (output, count) = invoked(move || format!("\"{}\"", "x".repeat(length)).into_response()).await;
        let error = output.unwrap_err();
        assert!(error.sentence.contains("larger than") && !error.is_unknown, "{error}");
        assert_eq!(count, 1);
    }
}
