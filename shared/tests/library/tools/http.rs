//! What an http tool sends, and what becomes of its answers.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use natter::secret::Secret;
use natter::tools::{Output, OutputPart, Tool, ToolError};
use serde_json::{Value, json};

use super::{call, http_tool, tool_at};
use crate::support::{HttpServer, SecretStore, pass};

const ORDER: &str = r#"
url = "URL/orders/{order}?full=1"
headers = { X-User = "{user}" }
[tool.parameters]
type = "object"
required = ["order"]
properties = { order = { type = "string" } }
"#;

#[derive(Debug)]
struct Received {
    method: String,
    target: String,
    headers: HeaderMap,
    body: Value,
}

type Log = Arc<Mutex<Vec<Received>>>;

async fn recording() -> (HttpServer, Log) {
    let log = Log::default();
    let received = Arc::clone(&log);
    let record = move |request: Request| {
        let log = Arc::clone(&received);
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
            log.lock().unwrap().push(Received {
                method: parts.method.to_string(),
                target: parts.uri.to_string(),
                headers: parts.headers,
                body: serde_json::from_slice(&body).unwrap_or_default(),
            });
            axum::Json(json!({"found": true}))
        }
    };
    (HttpServer::start(Router::new().fallback(record)).await, log)
}

fn order(url: &str, fields: &str, secret: Option<Secret>) -> Tool {
    http_tool(&["127.0.0.1"], &format!("{fields}\n{}", ORDER.replace("URL", url)), secret)
}

#[tokio::test]
async fn arguments_are_in_the_url_and_the_rest_in_the_body_or_the_query() {
    let (server, log) = recording().await;
    let input = json!({"order": "a/b", "lines": [1, 2], "note": "x y", "none": null, "deep": {"a": 1}});
    let output = call(&order(&server.url, "", None), input.clone()).await;
    assert_eq!(output, Ok(Output::Json(json!({"found": true}))));
    call(&order(&server.url, "method = \"GET\"", None), input).await.unwrap();

    let log = log.lock().unwrap();
    let [post, get] = &log[..] else { panic!("{log:?}") };
    assert_eq!((post.method.as_str(), post.target.as_str()), ("POST", "/orders/a%2Fb?full=1"));
    assert_eq!(post.body, json!({"lines": [1, 2], "note": "x y", "none": null, "deep": {"a": 1}}));
    assert_eq!(post.headers["idempotency-key"], "call-1");
    assert_eq!(post.headers["x-user"], "ada");
    assert_eq!(get.method, "GET");
    assert_eq!(get.target, "/orders/a%2Fb?full=1&deep=%7B%22a%22%3A1%7D&lines=1&lines=2&note=x+y");
    assert_eq!((&get.body, get.headers["idempotency-key"] == "call-1"), (&Value::Null, true));
}

#[tokio::test]
async fn a_secret_is_in_its_header_and_nowhere_else() {
    let echo = |headers: HeaderMap| async move {
        let key = headers[header::AUTHORIZATION.as_str()].to_str().unwrap().to_owned();
        (StatusCode::IM_A_TEAPOT, axum::Json(json!({ "sent": key })))
    };
    let server = HttpServer::start(Router::new().fallback(echo)).await;
    let fields = r#"secret = { header = "Authorization", prefix = "Bearer ", id = "model-key" }"#;
    let tool = order(&server.url, fields, Some(Secret::given("sk-123".to_owned())));
    let error = call(&tool, json!({"order": "a"})).await.unwrap_err();
    assert!(error.sentence.ends_with(r#"It says: {"sent":"Bearer …"}"#), "{error}");
    assert!(!format!("{tool:?} {error:?}").contains("sk-123"));
}

#[tokio::test]
async fn a_secret_that_was_changed_is_fetched_again_when_it_is_refused() {
    let guarded = |headers: HeaderMap| async move {
        match headers["x-key"] == "sk-new" {
            true => "welcome".into_response(),
            false => StatusCode::UNAUTHORIZED.into_response(),
        }
    };
    let server = HttpServer::start(Router::new().fallback(guarded)).await;
    let store = SecretStore::keeping("sk-old").await;
    let fields = r#"secret = { header = "X-Key", id = "model-key" }"#;
    let tool = order(&server.url, fields, Some(store.secret()));
    let refused = call(&tool, json!({"order": "a"})).await;
    assert_eq!(refused, Err(ToolError::failed("The tool's server answered 401 Unauthorized.")));
    store.keep("sk-new");
    pass(std::time::Duration::from_secs(61)).await;
    assert_eq!(call(&tool, json!({"order": "a"})).await, Ok(Output::Text("welcome".to_owned())));
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_an_error_before_the_call() {
    let (server, log) = recording().await;
    let store = SecretStore::start().await;
    let fields = r#"secret = { header = "X-Key", id = "model-key" }"#;
    let error = call(&order(&server.url, fields, Some(store.secret())), json!({"order": "a"})).await.unwrap_err();
    assert!(error.sentence.contains("has not been called") && !error.is_unknown, "{error}");
    assert!(log.lock().unwrap().is_empty());
}

async fn answered(kind: &'static str, body: &'static [u8]) -> Result<Output, ToolError> {
    let answer = move || async move { ([(header::CONTENT_TYPE, kind)], body).into_response() };
    let server = HttpServer::start(Router::new().fallback(answer)).await;
    call(&tool_at(&server.url, ""), json!({})).await
}

#[tokio::test]
async fn an_answer_is_json_text_or_a_picture() {
    assert_eq!(answered("application/json; charset=utf-8", b" {\"a\": 1} ").await, Ok(Output::Json(json!({"a": 1}))));
    assert_eq!(answered("application/problem+json", b"[]").await, Ok(Output::Json(json!([]))));
    assert_eq!(answered("application/json", b"").await, Ok(Output::Json(Value::Null)));
    assert_eq!(answered("text/plain", "grüezi".as_bytes()).await, Ok(Output::Text("grüezi".to_owned())));
    assert_eq!(answered("text/plain", b"{\"a\": 1}").await, Ok(Output::Json(json!({"a": 1}))));
    assert_eq!(answered("text/csv", b"a,b").await, Ok(Output::Text("a,b".to_owned())));
    let picture = OutputPart::Image { media_type: "image/png".to_owned(), data: "iVBORw==".to_owned() };
    assert_eq!(answered("image/png", b"\x89PNG").await, Ok(Output::Parts(vec![picture])));
}

#[tokio::test]
async fn what_no_model_can_read_is_an_error() {
    for (kind, body, said) in [
        ("application/json", &b"{"[..], "not the JSON that it says"),
        ("application/json", b"\"\xff\"", "not UTF-8"),
        ("text/plain", b"\xff", "not UTF-8"),
        ("text/html", b"<html>", "a web page"),
        ("application/octet-stream", b"x", "neither JSON nor text nor a picture"),
    ] {
        let error = answered(kind, body).await.unwrap_err();
        assert!(error.sentence.contains(said) && !error.is_unknown, "{kind}: {error}");
    }
    let compressed = || async { ([(header::CONTENT_ENCODING, "gzip")], "x").into_response() };
    let server = HttpServer::start(Router::new().fallback(compressed)).await;
    assert!(call(&tool_at(&server.url, ""), json!({})).await.unwrap_err().sentence.contains("compressed"));
}

async fn failed(answer: fn() -> Response) -> ToolError {
    let server = HttpServer::start(Router::new().fallback(move || async move { answer() })).await;
    call(&tool_at(&server.url, ""), json!({})).await.unwrap_err()
}

#[tokio::test]
async fn an_error_tells_its_status_and_what_an_interface_says_of_it_in_short() {
    let objection = || (StatusCode::CONFLICT, axum::Json(json!({"error": "no such order"}))).into_response();
    let said = r#"The tool's server answered 409 Conflict. It says: {"error":"no such order"}"#;
    assert_eq!(failed(objection).await, ToolError::failed(said));

    let long = || (StatusCode::CONFLICT, axum::Json("x".repeat(3000))).into_response();
    assert_eq!(failed(long).await, ToolError::failed("The tool's server answered 409 Conflict."));
    let page = || (StatusCode::INTERNAL_SERVER_ERROR, axum::response::Html("<h1>password</h1>")).into_response();
    assert_eq!(failed(page).await, ToolError::failed("The tool's server answered 500 Internal Server Error."));
    let trace = || (StatusCode::INTERNAL_SERVER_ERROR, "at db.rs:7, password=1").into_response();
    assert_eq!(failed(trace).await, ToolError::failed("The tool's server answered 500 Internal Server Error."));
    let lying = || (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], "password").into_response();
    assert_eq!(failed(lying).await, ToolError::failed("The tool's server answered 400 Bad Request."));
}

#[tokio::test]
async fn what_stands_between_does_not_know_whether_the_server_acted() {
    for status in [StatusCode::BAD_GATEWAY, StatusCode::GATEWAY_TIMEOUT] {
        let server = HttpServer::start(Router::new().fallback(move || async move { status })).await;
        let error = call(&tool_at(&server.url, ""), json!({})).await.unwrap_err();
        assert!(error.is_unknown && error.sentence.contains("may have acted"), "{error}");
    }
}
