//! What a server means by an error, in the words of those in use: by its status, in its stream, and in a body with status 200.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use natter::error::ErrorCode::{
    self, ContentFiltered, ContextTooLong, Misconfigured, ModelOverloaded, ModelUnavailable,
};
use natter::llm::ModelError;
use serde_json::{Value, json};

use super::model_server::ModelServer;
use super::wire::Wire;
use super::{LIMITS, ask, failed, openai_client};

#[tokio::test]
async fn every_phrase_for_a_too_long_prompt_is_recognised() {
    for (server, body) in [
        (
            "OpenAI",
            json!({"error": {"message": "…", "type": "invalid_request_error", "code": "context_length_exceeded"}}),
        ),
        ("llama.cpp", json!({"error": {"code": 400, "message": "…", "type": "exceed_context_size_error"}})),
        ("vLLM", bare("This model's maximum context length is 4096 tokens. However, you requested 9000 tokens.")),
        (
            "vLLM, newer",
            error(
                "You passed 8001 input tokens and requested 100 output tokens. However, the model's context length is only 4096 tokens.",
            ),
        ),
        (
            "OpenRouter",
            error("This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens."),
        ),
        (
            "OpenRouter, quoting",
            json!({"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "{\"error\":\"prompt is too long: 9000 tokens > 8192 maximum\"}"}}}),
        ),
        ("SGLang", bare("Input length (9000 tokens) exceeds the maximum allowed length (4090 tokens).")),
        ("llama.cpp, older", error("the request exceeds the available context size. try increasing the context size")),
        (
            "LM Studio",
            json!({"error": "Trying to keep the first 6547 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens."}),
        ),
        ("LiteLLM", error("litellm.ContextWindowExceededError: prompt is too long: 209353 tokens > 199999 maximum")),
        (
            "Gemini",
            json!([{"error": {"code": 400, "message": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "status": "INVALID_ARGUMENT"}}]),
        ),
        (
            "SiliconFlow",
            json!({"code": 20015, "message": "length of prompt_tokens (163280) must be less than max_seq_len (32768).", "data": null}),
        ),
        (
            "Mistral",
            error(
                "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            ),
        ),
        (
            "Cohere",
            json!({"message": "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 9000"}),
        ),
        (
            "TGI",
            json!({"error": "Input validation error: `inputs` must have less than 4096 tokens. Given: 9000", "error_type": "validation"}),
        ),
        ("xAI", error("This model's maximum prompt length is 131072 but the request contains 200000 tokens.")),
        (
            "GitHub Models",
            json!({"error": {"code": "tokens_limit_reached", "message": "Request body too large for gpt-4o model. Max size: 8000 tokens."}}),
        ),
        (
            "Anthropic",
            json!({"type": "error", "error": {"type": "invalid_request_error", "message": "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000"}}),
        ),
    ] {
        for status in [400, 413] {
            expect_code(ContextTooLong, &format!("{server} {status}"), refusing(status, &body)).await;
        }
        expect_code(ContextTooLong, &format!("{server} in the stream"), streaming(&body)).await;
        expect_code(ContextTooLong, &format!("{server} with status 200"), refusing(200, &body)).await;
    }
}

#[tokio::test]
async fn each_error_is_classified_wherever_it_is_reported() {
    for (what, status, body, code) in [
        (
            "Azure's filter",
            400,
            json!({"error": {"message": "filtered by the content management policy", "code": "content_filter", "status": 400}}),
            ContentFiltered,
        ),
        (
            "DashScope's filter",
            400,
            json!({"error": {"code": "data_inspection_failed", "message": "Output data may contain inappropriate content."}}),
            ContentFiltered,
        ),
        (
            "a moderation",
            403,
            json!({"error": {"code": 403, "message": "Your input was flagged by moderation"}}),
            ContentFiltered,
        ),
        (
            "an overload",
            503,
            json!({"error": {"message": "overloaded, try again later", "type": "service_unavailable_error", "code": "server_is_overloaded"}}),
            ModelOverloaded,
        ),
        (
            "a rate",
            429,
            json!({"error": {"message": "too many requests", "code": 429, "type": "rate_limit_error"}}),
            ModelOverloaded,
        ),
        (
            "Gemini's rate",
            429,
            json!([{"error": {"code": 429, "message": "You exceeded your current quota, please check your plan and billing details.", "status": "RESOURCE_EXHAUSTED"}}]),
            ModelOverloaded,
        ),
        ("Groq's capacity", 498, json!({"error": {"message": "flex tier capacity exceeded"}}), ModelOverloaded),
        (
            "too much for a minute",
            413,
            json!({"error": {"message": "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 6294", "code": "rate_limit_exceeded"}}),
            ContextTooLong,
        ),
        (
            "Anthropic's rate",
            429,
            json!({"type": "error", "error": {"type": "rate_limit_error", "message": "This request would exceed your organization's rate limit of 40,000 input tokens per minute."}}),
            ModelOverloaded,
        ),
        (
            "Azure's rate",
            429,
            json!({"error": {"code": "429", "message": "Requests have exceeded token rate limit of your current pricing tier. Please retry after 6 seconds."}}),
            ModelOverloaded,
        ),
        (
            "too many pictures",
            400,
            json!({"error": {"message": "the input has more than the maximum of 16 pictures", "code": 400}}),
            ModelUnavailable,
        ),
        (
            "pydantic's complaint, quoting",
            422,
            json!({"detail": [{"type": "missing", "loc": ["body", "n"], "msg": "Field required", "input": {"messages": [{"role": "user", "content": "What is the context window?"}]}}]}),
            ModelUnavailable,
        ),
        (
            "a used-up account",
            429,
            json!({"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}),
            Misconfigured,
        ),
        ("an account without credit", 402, json!({"error": {"message": "Insufficient credits"}}), Misconfigured),
        ("a wrong key", 401, json!({"error": {"code": "invalid_api_key"}}), Misconfigured),
        (
            "Gemini's wrong key",
            400,
            json!([{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}}]),
            Misconfigured,
        ),
        (
            "an unknown model",
            404,
            json!({"error": {"code": "model_not_found", "message": "The model `gpt-0` does not exist"}}),
            Misconfigured,
        ),
        (
            "Ollama's unknown model",
            404,
            json!({"error": "model 'llama0' not found, try pulling it first"}),
            Misconfigured,
        ),
        (
            "a fault",
            500,
            json!({"error": {"message": "timed out", "type": "GatewayTimeout", "code": 504}}),
            ModelUnavailable,
        ),
    ] {
        expect_code(code, what, refusing(status, &body)).await;
        // A refusal that means something by its status alone says nothing in a stream.
        if !matches!(status, 402 | 498) {
            expect_code(code, &format!("{what} in the stream"), streaming(&body)).await;
            expect_code(code, &format!("{what} with status 200"), refusing(200, &body)).await;
        }
    }
}

#[tokio::test]
async fn a_status_that_says_later_is_one_that_waiting_helps_with() {
    for status in [408, 409, 425, 429, 498, 500, 502, 503, 522, 529] {
        let page = move || (StatusCode::from_u16(status).unwrap(), "<html>a page of a proxy</html>").into_response();
        let error = error_of(page).await;
        assert!(matches!(error, ModelError::Overloaded { .. } | ModelError::Unreachable(_)), "{status}: {error:?}");
    }
}

#[tokio::test]
async fn a_retry_time_may_be_written_in_the_message() {
    for (words, seconds) in [
        ("Rate limit reached for m. Please try again in 6.5s.", 6.5),
        ("Please try again in 200ms", 0.2),
        ("Please retry after 2 minutes", 120.0),
        ("Please try again in 99999999999 minutes", 86400.0),
    ] {
        let body = json!({"error": {"message": words, "code": "rate_limit_exceeded"}});
        let ModelError::Overloaded { retry_after, .. } = error_of(refusing(429, &body)).await else {
            panic!("{words}")
        };
        assert_eq!(retry_after.map(|pause| pause.as_secs_f64()), Some(seconds), "{words}");
    }
    let details = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]);
    let body = json!({"error": {"code": 429, "message": "slow down", "details": details}});
    let ModelError::Overloaded { retry_after, .. } = error_of(refusing(429, &body)).await else { panic!("{body}") };
    assert_eq!(retry_after.map(|pause| pause.as_secs()), Some(7));
}

async fn expect_code(code: ErrorCode, what: &str, answer: impl Fn() -> Response + Clone + Send + Sync + 'static) {
    let error = error_of(answer).await;
    assert_eq!(error.code(), code, "{what}: {error:?}");
}

async fn error_of(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> ModelError {
    let server = ModelServer::answering(answer).await;
    let (deltas, error) = failed(ask(&openai_client::ThisWire::client(server.url(), LIMITS)).await);
    assert_eq!(deltas, []);
    error
}

fn refusing(status: u16, body: &Value) -> impl Fn() -> Response + Clone + Send + Sync + 'static {
    let body = body.to_string();
    move || {
        let headers = [("content-type", "application/json")];
        (StatusCode::from_u16(status).unwrap(), headers, body.clone()).into_response()
    }
}

fn streaming(event: &Value) -> impl Fn() -> Response + Clone + Send + Sync + 'static {
    let stream = format!("data: {event}\n\ndata: [DONE]\n\n");
    move || ([("content-type", "text/event-stream")], stream.clone()).into_response()
}

fn error(message: &str) -> Value {
    json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": 400}})
}

fn bare(message: &str) -> Value {
    json!({"object": "error", "message": message, "type": "BadRequestError", "param": null, "code": 400})
}
