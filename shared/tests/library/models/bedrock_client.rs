//! The adapter for Amazon Bedrock, whose streams are binary events: the real SDK against a server on loopback.

use aws_config::SdkConfig;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use natter::error::ErrorCode;
use natter::http_clients::AwsHttp;
use natter::llm::{BedrockClient, CallLimits, Delta, LanguageModel, ModelError};
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
    const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

    fn client(url: &str, limits: CallLimits) -> impl LanguageModel + 'static {
        client(url, Some(500), limits)
    }

    fn beginning() -> Vec<u8> {
        event("messageStart", &json!({ "role": "assistant" }))
    }

    fn says(words: &str) -> Vec<u8> {
        delta(&json!({ "text": words }))
    }

    fn thinks(words: &str) -> Vec<u8> {
        delta(&json!({ "reasoningContent": { "text": words } }))
    }

    fn begins_call(index: usize, tool: &str) -> Vec<u8> {
        let start = json!({ "toolUse": { "toolUseId": format!("tooluse_{index}"), "name": tool } });
        event("contentBlockStart", &json!({ "contentBlockIndex": index, "start": start }))
    }

    fn adds_to_call(index: usize, json: &str) -> Vec<u8> {
        let delta = json!({ "toolUse": { "input": json } });
        event("contentBlockDelta", &json!({ "contentBlockIndex": index, "delta": delta }))
    }

    fn ends_call(index: usize) -> Vec<u8> {
        event("contentBlockStop", &json!({ "contentBlockIndex": index }))
    }

    fn reason() -> Vec<u8> {
        ends("end_turn")
    }

    fn end() -> Vec<u8> {
        Self::reason()
    }

    // The service sends none; an event of a new kind is as good.
    fn keep_alive() -> Vec<u8> {
        event("heartbeat", &json!({}))
    }

    fn reports_overload(words: &str) -> Vec<u8> {
        exception("throttlingException", words)
    }

    fn nonsense() -> Vec<Vec<u8>> {
        let mut damaged = Self::says("secret");
        damaged[20] ^= 1;
        vec![
            damaged,
            message("event", ":event-type", "contentBlockDelta", b"secret".to_vec()),
            message("secret", ":event-type", "contentBlockDelta", Vec::new()),
        ]
    }

    fn endless() -> Vec<u8> {
        // The first of a message of 16 MB; its lengths and their checksum are right.
        let mut whole = message("event", ":event-type", "contentBlockDelta", vec![b'x'; 1 << 24]);
        whole.truncate(100);
        whole
    }

    fn answers_that_quote(words: &str) -> Vec<Answer> {
        let stream = || vec![("content-type", Self::CONTENT_TYPE.to_owned())];
        let body = || json!({ "message": words, "code": words, "__type": words }).to_string().into_bytes();
        let mut answers: Vec<Answer> = [400, 403, 404, 418, 429, 500, 503]
            .map(|status| {
                (status, vec![("content-type", words.to_owned()), ("x-amzn-errortype", words.to_owned())], body())
            })
            .into();
        answers.extend([
            (200, stream(), exception(words, words)),
            (200, stream(), message(words, ":event-type", words, words.as_bytes().to_vec())),
            (200, stream(), event("contentBlockDelta", &json!({ "delta": words }))),
            (200, vec![("content-type", words.to_owned())], words.as_bytes().to_vec()),
        ]);
        answers
    }

    fn refuses(status: u16, words: &str) -> Response {
        let kind = match status {
            400 => "ValidationException",
            403 => "AccessDeniedException",
            404 => "ResourceNotFoundException",
            429 => "ThrottlingException",
            500 => "InternalServerException",
            503 => "ServiceUnavailableException",
            _ => "UnrecognizedClientException",
        };
        refuses(status, kind, words)
    }
}

#[tokio::test]
async fn an_ordinary_stream_becomes_text_and_an_end_with_usage() {
    let usage = json!({ "inputTokens": 11, "outputTokens": 3, "totalTokens": 18, "cacheReadInputTokens": 4 });
    let stream = [
        ThisWire::beginning(),
        ThisWire::says("Hello"),
        ThisWire::says(" there!"),
        event("contentBlockStop", &json!({ "contentBlockIndex": 0 })),
        ThisWire::end(),
        event("metadata", &json!({ "usage": usage, "metrics": { "latencyMs": 512 } })),
    ];
    let usage = with_cached(counted(15, 3), 4);
    assert_eq!(read(stream.concat()).await, [text("Hello"), text(" there!"), finish(FinishReason::Stop, usage)]);
}

#[tokio::test]
async fn reasoning_and_calls_are_separated_and_hidden_blocks_are_skipped() {
    let tool = json!({ "toolUse": { "toolUseId": "tool_1", "name": "calculate" } });
    let stream = [
        ThisWire::beginning(),
        delta(&json!({ "reasoningContent": { "text": "Simple" } })),
        delta(&json!({ "reasoningContent": { "text": " sum." } })),
        delta(&json!({ "reasoningContent": { "signature": "EqQBCgIYAhIM" } })),
        ThisWire::says("4"),
        event("contentBlockStart", &json!({ "contentBlockIndex": 1, "start": tool })),
        delta(&json!({ "toolUse": { "input": "{\"sum\":" } })),
        delta(&json!({ "somethingNew": { "text": "not a word of the reply" } })),
        ends("tool_use"),
    ];
    let deltas = read(stream.concat()).await;
    let called = [call("calculate"), input("{\"sum\":"), finish(FinishReason::ToolCalls, None)];
    assert_eq!(deltas, [&[thought("Simple"), thought(" sum."), text("4")][..], &called].concat());
}

#[tokio::test]
async fn every_reason_to_stop_has_its_name() {
    for (reason, expected) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("guardrail_intervened", FinishReason::ContentFilter),
        ("content_filtered", FinishReason::ContentFilter),
        ("tool_use", FinishReason::ToolCalls),
        ("something_new", FinishReason::Other),
    ] {
        assert_eq!(read(ends(reason)).await, [finish(expected, None)]);
    }
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    for (status, kind, words, code) in [
        (400, "ValidationException", "Input is too long for requested model.", ErrorCode::ContextTooLong),
        (
            400,
            "ValidationException",
            "The model returned the following errors: prompt is too long: 200049 tokens > 200000 maximum",
            ErrorCode::ContextTooLong,
        ),
        (408, "ModelTimeoutException", "The model took too long", ErrorCode::ModelUnavailable),
        (424, "ModelErrorException", "The model failed", ErrorCode::ModelUnavailable),
        (429, "ModelNotReadyException", "The model is being loaded", ErrorCode::ModelOverloaded),
        (403, "ExpiredTokenException", "The token has expired", ErrorCode::Misconfigured),
    ] {
        let server = ModelServer::answering(move || refuses(status, kind, words)).await;
        fails_with::<ThisWire>(&server, code, words).await;
    }
}

#[tokio::test]
async fn each_exception_inside_a_stream_has_its_code() {
    for (kind, words, code) in [
        ("throttlingException", "Too many tokens", ErrorCode::ModelOverloaded),
        ("serviceUnavailableException", "Try again", ErrorCode::ModelOverloaded),
        ("validationException", "Input is too long for requested model.", ErrorCode::ContextTooLong),
        ("validationException", "No such field", ErrorCode::ModelUnavailable),
        ("internalServerException", "Oh", ErrorCode::ModelUnavailable),
        ("modelStreamErrorException", "The model failed", ErrorCode::ModelUnavailable),
        ("exceptionOfTheFuture", "Oh", ErrorCode::ModelUnavailable),
    ] {
        let server = ModelServer::saying(ThisWire::CONTENT_TYPE, exception(kind, words)).await;
        fails_with::<ThisWire>(&server, code, words).await;
    }
}

#[tokio::test]
async fn the_sdk_does_not_retry_since_the_caller_does() {
    let server = ModelServer::answering(|| refuses(503, "ServiceUnavailableException", "Try again")).await;
    let (_, error) = failed(ask(&ThisWire::client(server.url(), LIMITS)).await);
    assert!(matches!(error, ModelError::Overloaded { status: 503, .. }), "{error:?}");
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn the_request_names_the_model_is_signed_and_separates_instructions() {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    ask(&ThisWire::client(server.url(), LIMITS)).await;
    let request = server.request();
    assert_eq!(request.path, "/model/a-model/converse-stream");
    let signature = request.headers["authorization"].to_str().unwrap();
    assert!(signature.contains("/us-east-1/bedrock/aws4_request"), "{signature}");
    assert_eq!(
        request.body,
        json!({
            "system": [{"text": "Be kind."}],
            "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
            "inferenceConfig": {"maxTokens": 500},
        })
    );
}

#[tokio::test]
async fn without_a_bound_of_ours_the_models_own_holds() {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    ask(&client(server.url(), None, LIMITS)).await;
    assert_eq!(server.request().body.get("inferenceConfig"), None);
}

async fn read(bytes: Vec<u8>) -> Vec<Delta> {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, bytes).await;
    succeeded(ask(&ThisWire::client(server.url(), LIMITS)).await)
}

/// A client of a model that has a prompt cache.
pub(super) fn claude(url: &str) -> BedrockClient {
    client_of(url, "anthropic.claude-sonnet-4-5-20250929-v1:0", None, LIMITS)
}

fn client(url: &str, max_tokens: Option<u32>, limits: CallLimits) -> BedrockClient {
    client_of(url, "a-model", max_tokens, limits)
}

fn client_of(url: &str, model: &str, max_tokens: Option<u32>, limits: CallLimits) -> BedrockClient {
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .http_client(AwsHttp::new().for_sdk())
        .build();
    BedrockClient::new(&aws, model.to_owned(), max_tokens, limits)
}

pub(super) fn delta(delta: &Value) -> Vec<u8> {
    event("contentBlockDelta", &json!({ "contentBlockIndex": 0, "delta": delta }))
}

fn ends(reason: &str) -> Vec<u8> {
    event("messageStop", &json!({ "stopReason": reason }))
}

fn event(kind: &str, payload: &Value) -> Vec<u8> {
    message("event", ":event-type", kind, payload.to_string().into_bytes())
}

fn exception(kind: &str, words: &str) -> Vec<u8> {
    message("exception", ":exception-type", kind, json!({ "message": words }).to_string().into_bytes())
}

fn message(message_type: &str, kind_header: &'static str, kind: &str, payload: Vec<u8>) -> Vec<u8> {
    let header = |name: &'static str, value: &str| Header::new(name, HeaderValue::String(value.to_owned().into()));
    let message = Message::new(payload)
        .add_header(header(":message-type", message_type))
        .add_header(header(kind_header, kind))
        .add_header(header(":content-type", "application/json"));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

fn refuses(status: u16, kind: &str, words: &str) -> Response {
    let body = json!({ "message": words }).to_string();
    (StatusCode::from_u16(status).unwrap(), [("x-amzn-errortype", kind)], body).into_response()
}
