//! The adapter for OpenAI's chat completions.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, stream};
use natter::conversation::Source;
use natter::error::ErrorCode;
use natter::http_clients::reqwest_client;
use natter::llm::{ApiKey, CallLimits, Delta, LanguageModel, ModelEndpoint, ModelError, OpenAiClient, deltas_of};
use natter::secret::Secret;
use natter::turn::FinishReason;
use serde_json::json;

use super::model_server::ModelServer;
use super::wire::{Answer, Wire};
use super::{LIMITS, ask, call, counted, failed, finish, input, succeeded, text, thought, with_cached};

#[path = "calls.rs"]
mod calls;
#[path = "faults.rs"]
mod faults;
#[path = "statuses.rs"]
mod statuses;

pub(super) struct ThisWire;

impl Wire for ThisWire {
    const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8";

    fn client(url: &str, limits: CallLimits) -> impl LanguageModel + 'static {
        client(url, ApiKey::None, limits)
    }

    fn beginning() -> Vec<u8> {
        b"data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n".into()
    }

    fn says(words: &str) -> Vec<u8> {
        event(&json!({ "choices": [{ "delta": { "content": words } }] }))
    }

    fn thinks(words: &str) -> Vec<u8> {
        event(&json!({ "choices": [{ "delta": { "reasoning_content": words } }] }))
    }

    fn begins_call(index: usize, tool: &str) -> Vec<u8> {
        let function = json!({ "name": tool, "arguments": "" });
        calls(&json!([{ "index": index, "id": format!("call_{index}"), "type": "function", "function": function }]))
    }

    fn adds_to_call(index: usize, json: &str) -> Vec<u8> {
        calls(&json!([{ "index": index, "function": { "arguments": json } }]))
    }

    fn ends_call(_: usize) -> Vec<u8> {
        Vec::new()
    }

    fn reason() -> Vec<u8> {
        event(&json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }))
    }

    fn end() -> Vec<u8> {
        [Self::reason(), b"data: [DONE]\n\n".into()].concat()
    }

    fn keep_alive() -> Vec<u8> {
        b": keep-alive\n\n".into()
    }

    fn reports_overload(words: &str) -> Vec<u8> {
        event(&json!({ "error": { "message": words, "code": "server_overloaded" } }))
    }

    fn nonsense() -> Vec<Vec<u8>> {
        ["data: {\"choices\":\n\n", "data: {secret}\n\n", "data: [{\"choices\": secret\n\n"].map(Vec::from).into()
    }

    fn endless() -> Vec<u8> {
        b"data: ".into()
    }

    fn answers_that_quote(words: &str) -> Vec<Answer> {
        let stream = || vec![("content-type", Self::CONTENT_TYPE.to_owned())];
        let error =
            json!({ "error": { "message": words, "type": words, "code": words, "param": words, words: words } });
        let mut answers: Vec<Answer> = [302, 400, 401, 403, 404, 413, 418, 422, 429, 500, 503]
            .map(|status| {
                let headers = vec![("content-type", words.to_owned()), ("retry-after", words.to_owned())];
                (status, headers, error.to_string().into_bytes())
            })
            .into();
        answers.extend([
            (200, stream(), event(&error)),
            (200, stream(), format!("event: error\ndata: {words}\n\n").into_bytes()),
            (200, stream(), format!("event: {words}\ndata: {words}\n\n").into_bytes()),
            (200, stream(), format!("data: {{{words}\n\n").into_bytes()),
            (200, stream(), event(&json!({ "choices": [{ "delta": {}, "finish_reason": "error" }], words: words }))),
            (200, vec![("content-type", words.to_owned())], format!("<p>{words}</p>").into_bytes()),
            (200, vec![("content-encoding", words.to_owned())], words.as_bytes().to_vec()),
        ]);
        answers
    }

    fn refuses(status: u16, words: &str) -> Response {
        answer(status, &json!({ "error": { "message": words, "type": "some_error" } }))
    }
}

#[tokio::test]
async fn an_ordinary_stream_becomes_text_and_an_end_with_usage() {
    let deltas = read(include_str!("../../fixtures/transcripts/openai.sse")).await;
    assert_eq!(deltas, [text("Hello"), text(" there"), text("!"), finish(FinishReason::Stop, counted(11, 3))]);
}

#[tokio::test]
async fn tool_calls_follow_each_other_and_cached_tokens_are_counted() {
    let deltas = read(include_str!("../../fixtures/transcripts/openai-tools.sse")).await;
    let calls = [call("weather"), input("{\"city\":"), input(" \"Rome\"}"), call("current_time"), input("{}")];
    let end = finish(FinishReason::ToolCalls, with_cached(counted(90, 34), 64));
    assert_eq!(deltas, [&calls[..], &[end]].concat());
}

#[tokio::test]
async fn reasoning_is_separated_from_text() {
    for transcript in [
        include_str!("../../fixtures/transcripts/deepseek-reasoning.sse"),
        include_str!("../../fixtures/transcripts/openrouter-reasoning.sse"),
    ] {
        let deltas = read(transcript).await;
        assert_eq!(deltas, [thought("Simple"), thought(" sum."), text("4"), finish(FinishReason::Stop, None)]);
    }
}

#[tokio::test]
async fn cited_pages_follow_the_answer_each_once() {
    let annotation = |url: &str| json!({"type": "url_citation", "url_citation": {"url": url, "title": "A page", "start_index": 0, "end_index": 4}});
    let cites = |url: &str| event(&json!({"choices": [{"delta": {"annotations": [annotation(url)]}}]}));
    let (page, script) = ("https://example.com/a", "javascript:alert(1)");
    let stream =
        [ThisWire::says("So"), cites(page), ThisWire::says(" it is."), cites(script), cites(page), ThisWire::end()];
    let deltas = read(&String::from_utf8(stream.concat()).unwrap()).await;
    let source = Delta::Source(Source::new(page, Some("A page")).unwrap());
    assert_eq!(deltas, [text("So"), text(" it is."), source, finish(FinishReason::Stop, None)]);
}

#[tokio::test]
async fn deviations_of_known_servers_are_tolerated() {
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
        let deltas = read(&format!("data: {transcript}\n\ndata: [DONE]\n\n")).await;
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
        assert_eq!(read(&transcript).await, [finish(expected, None)]);
    }
}

#[tokio::test]
async fn an_error_body_takes_precedence_over_its_status() {
    for (status, body, code) in [
        (400, json!({"error": {"code": "context_length_exceeded"}}), ErrorCode::ContextTooLong),
        (400, json!({"error": {"type": "exceed_context_size_error", "code": 400}}), ErrorCode::ContextTooLong),
        (400, json!({"error": {"code": "content_filter"}}), ErrorCode::ContentFiltered),
        (404, json!({"error": "model not found"}), ErrorCode::Misconfigured),
        (429, json!({"error": {"code": "insufficient_quota"}}), ErrorCode::Misconfigured),
        (529, json!(null), ErrorCode::ModelOverloaded),
    ] {
        let server = ModelServer::answering(move || answer(status, &body)).await;
        let (_, error) = failed(ask(&client(server.url(), ApiKey::None, LIMITS)).await);
        assert_eq!(error.code(), code, "{status}");
    }
}

#[tokio::test]
async fn a_response_that_is_no_stream_is_an_error() {
    let page = || ([("content-type", "text/html")], "<p>Welcome to the proxy</p>").into_response();
    let server = ModelServer::answering(page).await;
    let (_, error) = failed(ask(&client(server.url(), ApiKey::None, LIMITS)).await);
    assert!(matches!(error, ModelError::Malformed(_)), "{error:?}");
}

#[tokio::test]
async fn the_request_carries_the_key_the_model_and_the_messages_in_order() {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    let key = ApiKey::Secret(Arc::new(Secret::given("sk-123".to_owned())));
    ask(&client(server.url(), key, LIMITS)).await;
    let request = server.request();
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!(request.headers["authorization"], "Bearer sk-123");
    assert_eq!(
        request.body,
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
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    ask(&client(server.url(), ApiKey::None, LIMITS)).await;
    assert!(!server.request().headers.contains_key("authorization"));
}

#[tokio::test]
async fn the_trace_is_sent_to_a_server_only_if_configured() {
    let trace = || Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".to_owned());
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    ask(&OpenAiClient::new(
        reqwest_client(LIMITS.connect),
        ModelEndpoint { trace: Some(trace), ..endpoint(&server) },
        None,
    ))
    .await;
    let trace = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    assert_eq!(server.request().headers["traceparent"], trace);

    ask(&OpenAiClient::new(reqwest_client(LIMITS.connect), endpoint(&server), None)).await;
    assert!(!server.request().headers.contains_key("traceparent"));
}

// Without a socket, the next piece is always ready.
#[tokio::test]
async fn a_flood_of_events_does_not_starve_other_tasks() {
    for piece in [ThisWire::says("x").repeat(500), ThisWire::keep_alive().repeat(500)] {
        let pieces = stream::repeat_with(move || Ok::<_, Infallible>(Bytes::from(piece.clone())));
        let answer = axum::http::Response::builder().header("content-type", ThisWire::CONTENT_TYPE);
        let answer = answer.body(reqwest::Body::wrap_stream(pieces)).unwrap();
        let mut deltas = deltas_of(answer.into(), CallLimits { reply_bytes: usize::MAX, ..LIMITS });
        let begun = std::time::Instant::now();
        let deadline = tokio::time::sleep(Duration::from_millis(200));
        tokio::pin!(deadline);
        loop {
            assert!(begun.elapsed() < Duration::from_secs(10), "a timer of 0.2 s is not heard");
            // As the loop of a turn.
            tokio::select! {
                biased;
                () = &mut deadline => break,
                delta = deltas.next() => assert!(delta.unwrap().is_ok()),
            }
        }
    }
}

fn endpoint(server: &ModelServer) -> ModelEndpoint {
    let base_url = server.url().to_owned();
    ModelEndpoint { base_url, model: "a-model".to_owned(), api_key: ApiKey::None, limits: LIMITS, trace: None }
}

pub(super) async fn read(transcript: &str) -> Vec<Delta> {
    succeeded(hear(transcript).await)
}

pub(super) async fn hear(transcript: &str) -> Vec<Result<Delta, ModelError>> {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, transcript).await;
    ask(&client(server.url(), ApiKey::None, LIMITS)).await
}

fn client(url: &str, api_key: ApiKey, limits: CallLimits) -> OpenAiClient {
    let base_url = format!("{url}/v1/");
    let endpoint = ModelEndpoint { base_url, model: "a-model".to_owned(), api_key, limits, trace: None };
    OpenAiClient::new(reqwest_client(limits.connect), endpoint, None)
}

fn calls(calls: &serde_json::Value) -> Vec<u8> {
    event(&json!({ "choices": [{ "delta": { "tool_calls": calls } }] }))
}

fn event(data: &serde_json::Value) -> Vec<u8> {
    format!("data: {data}\n\n").into()
}

fn answer(status: u16, body: &serde_json::Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}
