//! The adapter for OpenAI's Responses API.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use natter::conversation::Source;
use natter::error::ErrorCode;
use natter::http_clients::reqwest_client;
use natter::llm::{ApiKey, CallLimits, Delta, LanguageModel, ModelEndpoint, ModelError, ResponsesClient};
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
        let message = json!({ "id": "msg_0", "type": "message", "role": "assistant", "content": [] });
        let part = json!({ "type": "output_text", "text": "", "annotations": [] });
        [
            event(&json!({ "type": "response.created", "response": { "status": "in_progress", "error": null } })),
            event(&json!({ "type": "response.output_item.added", "output_index": 0, "item": message })),
            event(
                &json!({ "type": "response.content_part.added", "output_index": 0, "item_id": "msg_0", "part": part }),
            ),
        ]
        .concat()
    }

    fn says(words: &str) -> Vec<u8> {
        let delta =
            json!({ "type": "response.output_text.delta", "output_index": 0, "item_id": "msg_0", "delta": words });
        event(&delta)
    }

    fn thinks(words: &str) -> Vec<u8> {
        let kind = "response.reasoning_summary_text.delta";
        event(&json!({ "type": kind, "output_index": 99, "item_id": "rs_99", "summary_index": 0, "delta": words }))
    }

    fn begins_call(index: usize, tool: &str) -> Vec<u8> {
        item("added", index, &json!({ "name": tool, "arguments": "" }))
    }

    fn adds_to_call(index: usize, json: &str) -> Vec<u8> {
        let kind = "response.function_call_arguments.delta";
        event(&json!({ "type": kind, "output_index": index, "item_id": format!("fc_{index}"), "delta": json }))
    }

    fn ends_call(index: usize) -> Vec<u8> {
        item("done", index, &json!({}))
    }

    fn reason() -> Vec<u8> {
        let response = json!({ "object": "response", "status": "completed", "error": null, "output": [] });
        event(&json!({ "type": "response.completed", "response": response }))
    }

    fn end() -> Vec<u8> {
        Self::reason()
    }

    fn keep_alive() -> Vec<u8> {
        event(&json!({ "type": "keepalive", "sequence_number": 3 }))
    }

    fn reports_overload(words: &str) -> Vec<u8> {
        event(&json!({ "type": "error", "code": "rate_limit_exceeded", "message": words, "param": null }))
    }

    fn nonsense() -> Vec<Vec<u8>> {
        ["data: {\"type\":\n\n", "data: {secret}\n\n", "data: [{\"type\": secret\n\n"].map(Vec::from).into()
    }

    fn endless() -> Vec<u8> {
        b"data: ".into()
    }

    fn answers_that_quote(words: &str) -> Vec<Answer> {
        let headers = |kind: &str| vec![("content-type", kind.to_owned())];
        let error = json!({ "message": words, "type": words, "code": words, "param": words, words: words });
        let body = json!({ "error": error });
        let failed = json!({ "id": words, "status": "failed", "error": error, "instructions": words });
        let mut answers: Vec<Answer> = [302, 400, 401, 403, 404, 413, 422, 429, 500, 503]
            .map(|status| (status, headers(words), body.to_string().into_bytes()))
            .into();
        answers.extend([
            (200, headers(Self::CONTENT_TYPE), event(&json!({ "type": "error", "error": error }))),
            (200, headers(Self::CONTENT_TYPE), event(&json!({ "type": "response.failed", "response": failed }))),
            (200, headers(Self::CONTENT_TYPE), event(&json!({ "type": words, words: words }))),
            (200, headers(words), format!("event: {words}\ndata: {{{words}\n\n").into_bytes()),
        ]);
        answers
    }

    fn refuses(status: u16, words: &str) -> Response {
        answer(status, &json!({ "error": { "message": words, "type": "some_error", "param": null, "code": null } }))
    }
}

#[tokio::test]
async fn an_ordinary_stream_becomes_text_and_an_end_with_usage() {
    let deltas = read(include_str!("../../fixtures/responses/text.sse")).await;
    assert_eq!(deltas, [text("Hello"), text(" there"), text("!"), finish(FinishReason::Stop, counted(11, 3))]);
}

#[tokio::test]
async fn summaries_texts_and_calls_are_separated_and_nothing_is_doubled() {
    let deltas = read(include_str!("../../fixtures/responses/reasoning-and-tools.sse")).await;
    let expected = [
        thought("Simple"),
        thought(" sum."),
        thought("\n\nUse the"),
        thought(" tool."),
        text("Let me"),
        text(" see."),
        call("calculate"),
        input("{\"sum\":"),
        input("\"2+2\"}"),
        call("current_time"),
        input("{}"),
        finish(FinishReason::ToolCalls, with_cached(counted(90, 34), 64)),
    ];
    assert_eq!(deltas, expected);
}

#[tokio::test]
async fn cited_pages_follow_the_answer_each_once() {
    let deltas = read(include_str!("../../fixtures/responses/web-search.sse")).await;
    let source = |url, title| Delta::Source(Source::new(url, title).unwrap());
    let expected = [
        text("They show"),
        text(" the way."),
        source("https://example.com/lighthouses?utm_source=openai", Some("Lighthouses")),
        source("https://example.org/keepers", None),
        finish(FinishReason::Stop, counted(300, 12)),
    ];
    assert_eq!(deltas, expected);
}

#[tokio::test]
async fn every_end_has_its_reason() {
    for (kind, response, expected) in [
        ("completed", json!({"status": "completed"}), FinishReason::Stop),
        ("incomplete", incomplete("max_output_tokens"), FinishReason::Length),
        ("incomplete", incomplete("content_filter"), FinishReason::ContentFilter),
        ("incomplete", incomplete("something_new"), FinishReason::Other),
        ("incomplete", json!({"status": "incomplete", "incomplete_details": null}), FinishReason::Other),
        // The kind says another thing than the status, of which one is certain.
        ("completed", incomplete("max_output_tokens"), FinishReason::Length),
        ("done", json!({}), FinishReason::Stop),
        ("completed", json!(null), FinishReason::Stop),
    ] {
        let stream = [ThisWire::says("Half"), end(kind, &response)].concat();
        let deltas = read(std::str::from_utf8(&stream).unwrap()).await;
        assert_eq!(deltas, [text("Half"), finish(expected, None)], "{kind}: {response}");
    }
}

#[tokio::test]
async fn a_refusal_is_the_reply() {
    let refused = |kind: &str, field: &str, words: &str| {
        event(&json!({"type": format!("response.refusal.{kind}"), "output_index": 0, "item_id": "msg_0", field: words}))
    };
    let content = json!([{"type": "refusal", "refusal": "I cannot help."}]);
    let item = json!({"id": "msg_0", "type": "message", "role": "assistant", "content": content});
    let response = json!({"status": "completed", "output": [item]});
    let pieces = [
        ThisWire::beginning(),
        refused("delta", "delta", "I cannot"),
        refused("delta", "delta", " help."),
        refused("done", "refusal", "I cannot help."),
    ];
    let stream = [pieces.concat(), end("completed", &response)].concat();
    let deltas = read(std::str::from_utf8(&stream).unwrap()).await;
    assert_eq!(deltas, [text("I cannot"), text(" help."), finish(FinishReason::Stop, None)]);
    let whole = read(std::str::from_utf8(&end("completed", &response)).unwrap()).await;
    assert_eq!(whole, [text("I cannot help."), finish(FinishReason::Stop, None)]);
}

#[tokio::test]
async fn a_failed_response_has_the_code_of_its_error() {
    for (error, code) in [
        (json!({"code": "server_error", "message": "secret"}), ErrorCode::ModelUnavailable),
        (json!({"code": "rate_limit_exceeded", "message": "secret"}), ErrorCode::ModelOverloaded),
        (json!({"code": "context_length_exceeded", "message": "secret"}), ErrorCode::ContextTooLong),
        (json!({"code": "insufficient_quota", "message": "secret"}), ErrorCode::Misconfigured),
        (json!(null), ErrorCode::ModelUnavailable),
    ] {
        // What the response quotes is no part of its error.
        let instructions = "Say that the content filter had a rate limit.";
        let response = json!({"status": "failed", "error": error, "instructions": instructions});
        let failed = [ThisWire::beginning(), end("failed", &response)].concat();
        let server = ModelServer::saying(ThisWire::CONTENT_TYPE, failed).await;
        fails_with::<ThisWire>(&server, code, "secret").await;
    }
}

#[tokio::test]
async fn a_failure_after_text_keeps_the_text() {
    let response = json!({"status": "failed", "error": {"code": "server_error", "message": "secret"}});
    let stream = [ThisWire::says("Half"), end("failed", &response)].concat();
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, stream).await;
    let (deltas, error) = failed(ask(&ThisWire::client(server.url(), LIMITS)).await);
    assert_eq!(deltas, [text("Half")]);
    assert_eq!(error.code(), ErrorCode::ModelUnavailable);

    let stream = [ThisWire::says("Half"), end("cancelled", &json!({"status": "cancelled"}))].concat();
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, stream).await;
    let (_, error) = failed(ask(&ThisWire::client(server.url(), LIMITS)).await);
    assert!(matches!(error, ModelError::BrokenOff(_)), "{error:?}");
}

#[tokio::test]
async fn the_request_is_not_stored_and_has_key_instructions_and_messages() {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    let key = ApiKey::Secret(Arc::new(Secret::given("sk-123".to_owned())));
    ask(&client(server.url(), key, LIMITS)).await;
    let request = server.request();
    assert_eq!(request.path, "/v1/responses");
    assert_eq!(request.headers["authorization"], "Bearer sk-123");
    let content = json!([{"type": "input_text", "text": "Hello"}]);
    assert_eq!(
        request.body,
        json!({
            "model": "a-model",
            "instructions": "Be kind.",
            "input": [{"type": "message", "role": "user", "content": content}],
            "stream": true,
            "store": false,
        })
    );
}

#[tokio::test]
async fn a_limit_and_summaries_are_requested_where_they_are_wanted() {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    let endpoint = ModelEndpoint {
        base_url: format!("{}/v1/chat/completions", server.url()),
        model: "a-model".to_owned(),
        api_key: ApiKey::None,
        limits: LIMITS,
        trace: None,
    };
    ask(&ResponsesClient::new(reqwest_client(LIMITS.connect), endpoint, Some(500), true)).await;
    let request = server.request();
    assert_eq!(request.path, "/v1/responses", "the address may be one of chat completions");
    assert_eq!(request.body["max_output_tokens"], 500);
    assert_eq!(request.body["reasoning"], json!({"summary": "auto"}));
}

pub(super) async fn read(transcript: &str) -> Vec<Delta> {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, transcript).await;
    succeeded(ask(&ThisWire::client(server.url(), LIMITS)).await)
}

pub(super) fn client(url: &str, api_key: ApiKey, limits: CallLimits) -> ResponsesClient {
    let base_url = format!("{url}/v1/");
    let endpoint = ModelEndpoint { base_url, model: "a-model".to_owned(), api_key, limits, trace: None };
    ResponsesClient::new(reqwest_client(limits.connect), endpoint, None, false)
}

pub(super) fn event(data: &Value) -> Vec<u8> {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap()).into()
}

pub(super) fn end(kind: &str, response: &Value) -> Vec<u8> {
    event(&json!({ "type": format!("response.{kind}"), "response": response }))
}

fn incomplete(reason: &str) -> Value {
    json!({ "status": "incomplete", "incomplete_details": { "reason": reason } })
}

fn item(what: &str, index: usize, fields: &Value) -> Vec<u8> {
    let mut item = json!({ "type": "function_call", "id": format!("fc_{index}"), "call_id": format!("call_{index}") });
    item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    event(&json!({ "type": format!("response.output_item.{what}"), "output_index": index, "item": item }))
}

fn answer(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}
