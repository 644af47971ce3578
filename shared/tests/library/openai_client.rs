//! The model's adapter against servers that speak as real ones do, and as broken ones do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use futures::StreamExt;
use natter::conversation::Usage;
use natter::error::ErrorCode;
use natter::http_clients::reqwest_client;
use natter::llm::{
    ApiKey, Delta, LanguageModel, ModelEndpoint, ModelError, OpenAiClient, Prompt, PromptMessage, PromptRole,
    TimeLimits,
};
use natter::secret::Secret;
use natter::turn::FinishReason;
use serde_json::{Value, json};

use crate::support::HttpServer;

#[tokio::test]
async fn an_ordinary_stream_becomes_text_and_an_end_with_usage() {
    let deltas = read(include_str!("../fixtures/transcripts/openai.sse")).await.unwrap();
    assert_eq!(
        deltas,
        [
            text("Hello"),
            text(" there"),
            text("!"),
            finish(FinishReason::Stop, Some(Usage { input_tokens: 11, output_tokens: 3 }))
        ]
    );
}

#[tokio::test]
async fn reasoning_is_told_apart_from_text() {
    let thought = |words: &str| Delta::Reasoning(words.to_owned());
    for transcript in [
        include_str!("../fixtures/transcripts/deepseek-reasoning.sse"),
        include_str!("../fixtures/transcripts/openrouter-reasoning.sse"),
    ] {
        let deltas = read(transcript).await.unwrap();
        assert_eq!(deltas, [thought("Simple"), thought(" sum."), text("4"), finish(FinishReason::Stop, None)]);
    }
}

#[tokio::test]
async fn oddities_of_servers_are_taken_as_they_are_meant() {
    for (what, transcript, expected) in [
        (
            "content in pieces",
            r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#,
            "ab",
        ),
        (
            "null fields",
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"ab","tool_calls":null},"finish_reason":null}],"usage":null}"#,
            "ab",
        ),
        ("no index", r#"{"choices":[{"delta":{"content":"ab"}}]}"#, "ab"),
        (
            "a choice without a delta",
            "{\"choices\":[{}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"ab\"}}]}",
            "ab",
        ),
        ("no choices", "{\"choices\":[]}\n\ndata: {}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"ab\"}}]}", "ab"),
    ] {
        let deltas = read(&format!("data: {transcript}\n\ndata: [DONE]\n\n")).await.unwrap();
        assert_eq!(deltas, [text(expected), finish(FinishReason::Stop, None)], "{what}");
    }
}

#[tokio::test]
async fn every_reason_to_stop_has_its_name() {
    for (reason, expected) in [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("tool_calls", FinishReason::ToolCalls),
        ("something_new", FinishReason::Other),
    ] {
        let transcript = format!("data: {}\n\n", json!({"choices": [{"delta": {}, "finish_reason": reason}]}));
        // Neither [DONE] nor usage follows: the reason alone is an end.
        assert_eq!(read(&transcript).await.unwrap(), [finish(expected, None)]);
    }
}

#[tokio::test]
async fn a_stream_without_an_end_has_broken_off() {
    let (deltas, error) = failed(read_all("data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n").await);
    assert_eq!(deltas, [text("half")]);
    assert!(matches!(error, ModelError::BrokenOff(_)), "{error:?}");
}

#[tokio::test]
async fn an_error_inside_a_stream_is_an_error_and_what_came_before_is_kept() {
    let transcript = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: {\"error\":{\"message\":\"secret words\",\"code\":\"server_error\"}}\n\n";
    let (deltas, error) = failed(read_all(transcript).await);
    assert_eq!(deltas, [text("half")]);
    assert_eq!(error.to_string(), "the model reported a fault: server_error");
}

#[tokio::test]
async fn nonsense_is_an_error() {
    for transcript in ["data: {\"choices\":\n\n", "data: [1]\n\n", "data: hello\n\n"] {
        let (_, error) = failed(read_all(transcript).await);
        assert!(matches!(error, ModelError::Malformed(_)), "{transcript:?}: {error:?}");
    }
}

#[tokio::test]
async fn each_refusal_has_its_code_and_its_cause_holds_no_words_of_the_server() {
    for (status, body, code) in [
        (
            401,
            json!({"error": {"message": "Incorrect key sk-123", "code": "invalid_api_key"}}),
            ErrorCode::ModelUnavailable,
        ),
        (404, json!({"error": "model not found"}), ErrorCode::ModelUnavailable),
        (400, json!({"error": {"code": "context_length_exceeded"}}), ErrorCode::ContextTooLong),
        (400, json!({"error": {"type": "exceed_context_size_error", "code": 400}}), ErrorCode::ContextTooLong),
        (400, json!({"error": {"code": "content_filter"}}), ErrorCode::ContentFiltered),
        (429, json!({"error": {"code": "insufficient_quota"}}), ErrorCode::ModelUnavailable),
        (429, json!({}), ErrorCode::ModelOverloaded),
        (503, json!(null), ErrorCode::ModelOverloaded),
        (529, json!({}), ErrorCode::ModelOverloaded),
        (500, json!({}), ErrorCode::ModelUnavailable),
        (302, json!({}), ErrorCode::ModelUnavailable),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let server = Server::answering(move || (status, body.to_string()).into_response()).await;
        let (deltas, error) = failed(server.ask().await);
        assert_eq!((deltas, error.code()), (vec![], code), "{status}");
        assert!(!error.to_string().contains("sk-123"), "{error}");
    }
}

#[tokio::test]
async fn an_overloaded_server_says_when_to_come_again() {
    let answer = || (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "{}").into_response();
    let (_, error) = failed(Server::answering(answer).await.ask().await);
    let told = natter::error::ChatError::from(error);
    assert_eq!(told.retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_refused() {
    let answer = || ([("content-type", "text/html")], "<p>Welcome to the proxy</p>").into_response();
    let (_, error) = failed(Server::answering(answer).await.ask().await);
    assert!(matches!(error, ModelError::Malformed(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let (_, error) = failed(ask(client("http://127.0.0.1:9".to_owned(), ApiKey::None)).await);
    assert!(matches!(error, ModelError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn silence_before_the_first_token_is_an_error_even_with_keep_alives() {
    let keep_alives = || {
        let beats = futures::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b": keep-alive\n\n")), ()))
        });
        streaming(Body::from_stream(beats))
    };
    let (_, error) = failed(Server::answering(keep_alives).await.ask().await);
    assert!(error.to_string().contains("for the first token"), "{error}");
}

#[tokio::test]
async fn silence_between_tokens_is_an_error_and_what_came_before_is_kept() {
    let stall = || {
        let first = Bytes::from_static(b"data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n");
        let stream = futures::stream::iter([Ok::<_, std::io::Error>(first)]).chain(futures::stream::pending());
        streaming(Body::from_stream(stream))
    };
    let (deltas, error) = failed(Server::answering(stall).await.ask().await);
    assert_eq!(deltas, [text("half")]);
    assert!(error.to_string().contains("for the next token"), "{error}");
}

#[tokio::test]
async fn the_request_carries_the_key_the_model_and_the_messages_in_order() {
    let server = Server::answering(|| streaming(Body::from("data: [DONE]\n\n"))).await;
    let key = ApiKey::Secret(Arc::new(Secret::given("sk-123".to_owned())));
    ask(client(server.url(), key)).await;
    let (headers, body) = server.requests.lock().unwrap().pop().unwrap();
    assert_eq!(headers["authorization"], "Bearer sk-123");
    assert_eq!(
        body,
        json!({
            "model": "a-model",
            "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}],
            "stream": true,
            "stream_options": {"include_usage": true},
        })
    );
}

#[tokio::test]
async fn no_key_is_sent_where_there_is_none() {
    let server = Server::answering(|| streaming(Body::from("data: [DONE]\n\n"))).await;
    server.ask().await;
    let (headers, _) = server.requests.lock().unwrap().pop().unwrap();
    assert!(!headers.contains_key("authorization"));
}

/// Reads a transcript; the network cuts it into single bytes.
async fn read(transcript: &str) -> Result<Vec<Delta>, ModelError> {
    read_all(transcript).await.into_iter().collect()
}

async fn read_all(transcript: &str) -> Vec<Result<Delta, ModelError>> {
    let transcript = transcript.to_owned();
    let answer = move || {
        let bytes: Vec<_> = transcript.bytes().map(|byte| Ok::<_, std::io::Error>(Bytes::from(vec![byte]))).collect();
        streaming(Body::from_stream(futures::stream::iter(bytes)))
    };
    Server::answering(answer).await.ask().await
}

fn failed(outcome: Vec<Result<Delta, ModelError>>) -> (Vec<Delta>, ModelError) {
    let mut deltas = Vec::new();
    for delta in outcome {
        match delta {
            Ok(delta) => deltas.push(delta),
            Err(error) => return (deltas, error),
        }
    }
    panic!("the call succeeded: {deltas:?}");
}

fn text(words: &str) -> Delta {
    Delta::Text(words.to_owned())
}

fn finish(reason: FinishReason, usage: Option<Usage>) -> Delta {
    Delta::Finish { reason, usage }
}

fn streaming(body: Body) -> Response {
    ([("content-type", "text/event-stream")], body).into_response()
}

/// A model server that gives everyone the same answer.
struct Server {
    http: HttpServer,
    requests: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
}

impl Server {
    async fn answering(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Self {
        let requests: Arc<Mutex<Vec<(HeaderMap, Value)>>> = Arc::default();
        let seen = Arc::clone(&requests);
        let handler = move |headers: HeaderMap, body: String| async move {
            seen.lock().unwrap().push((headers, serde_json::from_str(&body).unwrap()));
            answer()
        };
        Self { http: HttpServer::start(Router::new().route("/v1/chat/completions", post(handler))).await, requests }
    }

    fn url(&self) -> String {
        format!("{}/v1/", self.http.url)
    }

    async fn ask(&self) -> Vec<Result<Delta, ModelError>> {
        ask(client(self.url(), ApiKey::None)).await
    }
}

fn client(base_url: String, api_key: ApiKey) -> OpenAiClient {
    let limits = TimeLimits {
        connect: Duration::from_secs(2),
        first_token: Duration::from_millis(700),
        next_token: Duration::from_millis(300),
    };
    let endpoint = ModelEndpoint { base_url, model: "a-model".to_owned(), api_key, limits };
    OpenAiClient::new(reqwest_client(limits.connect), endpoint)
}

async fn ask(client: OpenAiClient) -> Vec<Result<Delta, ModelError>> {
    let message = |role, content: &str| PromptMessage { role, content: content.to_owned() };
    let messages = vec![message(PromptRole::System, "Be kind."), message(PromptRole::User, "Hello")];
    client.stream(Prompt { messages }).collect().await
}
