//! The adapter for Anthropic's Messages.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use natter::error::ErrorCode;
use natter::http_clients::reqwest_client;
use natter::llm::{
    AnthropicClient, ApiKey, CallLimits, Delta, LanguageModel, ModelEndpoint, ModelError, Prompt, PromptMessage,
    PromptRole,
};
use natter::secret::Secret;
use natter::turn::FinishReason;
use serde_json::{Value, json};

use super::model_server::ModelServer;
use super::wire::{Answer, Wire};
use super::{LIMITS, ask, call, counted, failed, fails_with, finish, input, succeeded, text, thought, with_cached};

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
        let message = json!({ "id": "msg_1", "content": [], "usage": { "input_tokens": 11, "output_tokens": 1 } });
        let block = json!({ "type": "text", "text": "" });
        [
            event(&json!({ "type": "message_start", "message": message })),
            event(&json!({ "type": "content_block_start", "index": 0, "content_block": block })),
        ]
        .concat()
    }

    fn says(words: &str) -> Vec<u8> {
        let delta = json!({ "type": "text_delta", "text": words });
        event(&json!({ "type": "content_block_delta", "index": 0, "delta": delta }))
    }

    fn thinks(words: &str) -> Vec<u8> {
        let delta = json!({ "type": "thinking_delta", "thinking": words });
        event(&json!({ "type": "content_block_delta", "index": 0, "delta": delta }))
    }

    fn begins_call(index: usize, tool: &str) -> Vec<u8> {
        let block = json!({ "type": "tool_use", "id": format!("toolu_{index}"), "name": tool, "input": {} });
        event(&json!({ "type": "content_block_start", "index": index, "content_block": block }))
    }

    fn adds_to_call(index: usize, json: &str) -> Vec<u8> {
        let delta = json!({ "type": "input_json_delta", "partial_json": json });
        event(&json!({ "type": "content_block_delta", "index": index, "delta": delta }))
    }

    fn ends_call(index: usize) -> Vec<u8> {
        event(&json!({ "type": "content_block_stop", "index": index }))
    }

    fn reason() -> Vec<u8> {
        ends("end_turn")
    }

    fn end() -> Vec<u8> {
        [Self::reason(), event(&json!({ "type": "message_stop" }))].concat()
    }

    fn keep_alive() -> Vec<u8> {
        event(&json!({ "type": "ping" }))
    }

    fn reports_overload(words: &str) -> Vec<u8> {
        event(&json!({ "type": "error", "error": { "type": "overloaded_error", "message": words } }))
    }

    fn nonsense() -> Vec<Vec<u8>> {
        ["data: {\"type\":\n\n", "data: {secret}\n\n", "data: [{\"type\": secret\n\n"].map(Vec::from).into()
    }

    fn endless() -> Vec<u8> {
        b"data: ".into()
    }

    fn answers_that_quote(words: &str) -> Vec<Answer> {
        let headers = |kind: &str| vec![("content-type", kind.to_owned())];
        let error = json!({ "type": "error", "error": { "type": words, "message": words }, "request_id": words });
        let mut answers: Vec<Answer> = [302, 400, 401, 403, 404, 413, 429, 500, 529]
            .map(|status| (status, headers(words), error.to_string().into_bytes()))
            .into();
        answers.extend([
            (200, headers(Self::CONTENT_TYPE), event(&error)),
            (200, headers(Self::CONTENT_TYPE), event(&json!({ "type": words, words: words }))),
            (200, headers(words), format!("event: {words}\ndata: {{{words}\n\n").into_bytes()),
        ]);
        answers
    }

    fn refuses(status: u16, words: &str) -> Response {
        refuses(status, "some_error", words)
    }
}

#[tokio::test]
async fn an_ordinary_stream_becomes_text_and_an_end_with_usage() {
    let deltas = read(include_str!("../../fixtures/transcripts/anthropic.sse")).await;
    // What was read from the cache is part of the prompt.
    let usage = with_cached(counted(15, 3), 4);
    assert_eq!(deltas, [text("Hello"), text(" there"), text("!"), finish(FinishReason::Stop, usage)]);
}

#[tokio::test]
async fn reasoning_and_calls_are_separated_and_hidden_blocks_are_skipped() {
    let deltas = read(include_str!("../../fixtures/transcripts/anthropic-thinking-and-tools.sse")).await;
    let end = finish(FinishReason::ToolCalls, counted(52, 89));
    let called = [call("calculate"), input("{\"sum\": \"2"), input("+2\"}")];
    assert_eq!(deltas, [&[thought("Simple"), thought(" sum."), text("4")][..], &called, &[end]].concat());
}

#[tokio::test]
async fn every_reason_to_stop_has_its_name() {
    for (reason, expected) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("refusal", FinishReason::ContentFilter),
        ("tool_use", FinishReason::ToolCalls),
        ("pause_turn", FinishReason::Other),
    ] {
        let stream = String::from_utf8(ends(reason)).unwrap();
        assert_eq!(read(&stream).await, [finish(expected, None)]);
    }
}

#[tokio::test]
async fn an_overload_in_the_stream_counts_like_one_in_the_status() {
    for kind in ["overloaded_error", "rate_limit_error"] {
        let stream = event(&json!({ "type": "error", "error": { "type": kind } }));
        let server = ModelServer::saying(ThisWire::CONTENT_TYPE, stream).await;
        let (_, error) = failed(ask(&ThisWire::client(server.url(), LIMITS)).await);
        assert!(matches!(error, ModelError::Overloaded { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_error_body_takes_precedence_over_its_status() {
    for (status, kind, words, code) in [
        (400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum", ErrorCode::ContextTooLong),
        (
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000",
            ErrorCode::ContextTooLong,
        ),
        (413, "request_too_large", "Request exceeds the maximum size", ErrorCode::ContextTooLong),
        (400, "invalid_request_error", "Your credit balance is too low", ErrorCode::Misconfigured),
        (404, "not_found_error", "model: claude-0", ErrorCode::Misconfigured),
        (529, "overloaded_error", "Overloaded", ErrorCode::ModelOverloaded),
    ] {
        let server = ModelServer::answering(move || refuses(status, kind, words)).await;
        fails_with::<ThisWire>(&server, code, words).await;
    }
}

#[tokio::test]
async fn the_request_has_version_key_token_limit_and_separate_instructions() {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    let key = ApiKey::Secret(Arc::new(Secret::given("sk-123".to_owned())));
    ask(&client(server.url(), key, LIMITS)).await;
    let request = server.request();
    assert_eq!(request.path, "/v1/messages");
    assert_eq!(request.headers["x-api-key"], "sk-123");
    assert_eq!(request.headers["anthropic-version"], "2023-06-01");
    assert_eq!(
        request.body,
        json!({
            "model": "a-model",
            "max_tokens": 500,
            "system": "Be kind.",
            "messages": [{"role": "user", "content": "Hello"}],
            "stream": true,
        })
    );
}

#[tokio::test]
async fn without_instructions_and_key_none_are_sent() {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    let asked = PromptMessage::text(PromptRole::User, "Hello");
    let model = ThisWire::client(server.url(), LIMITS);
    futures::StreamExt::collect::<Vec<_>>(model.stream(Prompt { messages: vec![asked], ..Prompt::default() })).await;
    let request = server.request();
    assert_eq!((request.body.get("system"), request.headers.get("x-api-key")), (None, None));
}

pub(super) async fn read(transcript: &str) -> Vec<Delta> {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, transcript).await;
    succeeded(ask(&ThisWire::client(server.url(), LIMITS)).await)
}

fn client(url: &str, api_key: ApiKey, limits: CallLimits) -> AnthropicClient {
    let endpoint =
        ModelEndpoint { base_url: url.to_owned(), model: "a-model".to_owned(), api_key, limits, trace: None };
    AnthropicClient::new(reqwest_client(limits.connect), endpoint, 500)
}

fn event(data: &Value) -> Vec<u8> {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap()).into()
}

fn ends(reason: &str) -> Vec<u8> {
    let delta = json!({ "stop_reason": reason, "stop_sequence": null });
    event(&json!({ "type": "message_delta", "delta": delta, "usage": { "output_tokens": 3 } }))
}

fn refuses(status: u16, kind: &str, words: &str) -> Response {
    let error = json!({ "type": "error", "error": { "type": kind, "message": words } });
    (StatusCode::from_u16(status).unwrap(), error.to_string()).into_response()
}
