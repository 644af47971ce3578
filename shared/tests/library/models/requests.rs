//! What is asked of servers: requests that the strictest of them take, and without what one has refused.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use natter::http_clients::reqwest_client;
use natter::llm::PromptRole::{Assistant, System, User};
use natter::llm::{
    AnthropicClient, ApiKey, LanguageModel, ModelEndpoint, OpenAiClient, Prompt, PromptMessage, PromptRole,
};
use serde_json::{Value, json};

use super::model_server::ModelServer;
use super::wire::Wire;
use super::{LIMITS, anthropic_client, bedrock_client, failed, openai_client, succeeded};

#[tokio::test]
async fn roles_alternate_and_no_message_is_empty_for_any_history() {
    for (what, past) in [
        ("a reply that failed", &[(System, "Be kind."), (User, "Hello?"), (User, "Anybody?")][..]),
        ("a blank reply", &[(System, "Be kind."), (User, "Hello?"), (Assistant, " \n"), (User, "Anybody?")]),
        ("blank instructions", &[(System, " "), (User, "Hello?"), (User, "Anybody?")]),
        ("a reply without its question", &[(Assistant, "As I said."), (User, "Hello?\n\nAnybody?")]),
        ("two replies", &[(User, "One?"), (Assistant, "1"), (Assistant, "2"), (User, "Anybody?")]),
    ] {
        for body in [
            asked::<openai_client::ThisWire>(past).await,
            asked::<anthropic_client::ThisWire>(past).await,
            asked::<bedrock_client::ThisWire>(past).await,
        ] {
            let messages = body["messages"].as_array().unwrap();
            let said: Vec<_> = messages.iter().filter(|message| message["role"] != "system").collect();
            for (number, message) in said.iter().enumerate() {
                assert_eq!(message["role"], ["user", "assistant"][number % 2], "{what}: {body}");
            }
            assert_eq!(said.last().unwrap()["role"], "user", "{what}: {body}");
            assert!(!body.to_string().contains("\" \""), "{what}: {body}");
            assert!(
                messages
                    .iter()
                    .all(|message| message["content"].as_str().is_none_or(|content| !content.trim().is_empty()))
            );
        }
    }
}

#[tokio::test]
async fn a_rejected_request_field_is_omitted_from_then_on() {
    let system = |body: &Value| body.to_string().contains("\"system\"");
    for (what, refuses, message) in [
        (
            "stream_options",
            (|body| body.get("stream_options").is_some()) as fn(&Value) -> bool,
            "stream_options: Extra inputs are not permitted",
        ),
        ("the role", system, "System role not supported"),
        ("the role, for Gemma", system, "Developer instruction is not enabled for models/gemma-3-27b-it"),
        (
            "the role, for o1",
            system,
            "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        ),
        (
            "the role, for Mistral's template",
            system,
            "Conversation roles must alternate user/assistant/user/assistant/...",
        ),
        ("the role, for pydantic", system, "Input should be 'user', 'assistant' or 'tool'"),
        ("something that it does not name", system, "Bad request"),
    ] {
        for status in [400, 422] {
            let server = particular(status, refuses, message).await;
            let model = openai_client::ThisWire::client(server.url(), LIMITS);
            for _ in 0..2 {
                succeeded(model.stream(prompt(&[(System, "Be kind."), (User, "Hello")])).collect().await);
            }
            // What the server does not name may have had another reason, so it is tried again each time.
            let calls = if message == "Bad request" { 4 } else { 3 };
            assert_eq!(server.requests(), calls, "{what}");
            let body = server.request().body;
            let first = &body["messages"][0];
            match what {
                "stream_options" => assert_eq!(first["content"], "Be kind.", "{body}"),
                _ => assert_eq!(first["content"], "Be kind.\n\nHello", "{body}"),
            }
        }
    }
}

#[tokio::test]
async fn the_request_form_after_several_rejections_is_cached() {
    let server = ModelServer::asked(|body: &Value| {
        let objected = ["stream_options", "\"system\"", "max_tokens"];
        match objected.into_iter().find(|objected| body.to_string().contains(objected)) {
            Some(objected) => (StatusCode::BAD_REQUEST, format!("{objected} is not permitted")).into_response(),
            None => reply(),
        }
    })
    .await;
    let model = OpenAiClient::new(reqwest_client(LIMITS.connect), endpoint(&server), Some(500));
    for calls in [4, 5] {
        succeeded(model.stream(prompt(&[(System, "Be kind."), (User, "Hello")])).collect().await);
        assert_eq!(server.requests(), calls);
    }
}

#[tokio::test]
async fn an_objection_in_the_stream_is_met_as_well() {
    let server = ModelServer::asked(|body: &Value| match body.get("stream_options") {
        Some(_) => {
            let error = json!({"error": {"message": "unknown field stream_options", "code": 400}});
            ([("content-type", "text/event-stream")], format!("data: {error}\n\n")).into_response()
        }
        None => reply(),
    })
    .await;
    succeeded(super::ask(&openai_client::ThisWire::client(server.url(), LIMITS)).await);
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn the_token_limit_is_lowered_to_the_models_maximum() {
    let bound = |body: &Value| body["max_tokens"].as_u64().is_some_and(|tokens| tokens > 4096);
    let words =
        "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for claude-3-haiku-20240307";
    let server = particular(400, bound, words).await;
    let endpoint = endpoint(&server);
    let model = AnthropicClient::new(reqwest_client(LIMITS.connect), endpoint, 8192);
    // The answer is in another protocol, so it is none; the request is what counts.
    let _ = super::ask(&model).await;
    assert_eq!(server.request().body["max_tokens"], 4096);
}

#[tokio::test]
async fn a_bound_has_the_name_that_the_model_knows() {
    let old_name = |body: &Value| body.get("max_tokens").is_some();
    for words in [
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        // LiteLLM's, with numbers that are no bounds.
        "litellm.BadRequestError: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead. \
         Received Model Group=gpt-5-2025-08-07, Available Model Group Fallbacks=None",
    ] {
        let server = particular(400, old_name, words).await;
        let model = OpenAiClient::new(reqwest_client(LIMITS.connect), endpoint(&server), Some(500));
        succeeded(super::ask(&model).await);
        assert_eq!(server.requests(), 2, "{words}");
        assert_eq!(server.request().body["max_completion_tokens"], 500, "{words}");
    }

    let any_name = |body: &Value| body.to_string().contains("_tokens\"");
    let server = particular(422, any_name, "max_tokens is not permitted").await;
    let model = OpenAiClient::new(reqwest_client(LIMITS.connect), endpoint(&server), Some(500));
    succeeded(super::ask(&model).await);
    assert!(!any_name(&server.request().body));
}

#[tokio::test]
async fn requests_to_a_server_that_rejects_everything_are_bounded() {
    let server = particular(400, |_| true, "max_tokens: 8191 > 8190").await;
    let model = AnthropicClient::new(reqwest_client(LIMITS.connect), endpoint(&server), 8192);
    failed(super::ask(&model).await);
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn the_key_is_sent_in_azures_header_too_and_nothing_is_compressed() {
    let server = particular(400, |_| false, "").await;
    let key = ApiKey::Secret(std::sync::Arc::new(natter::secret::Secret::given("sk-123\n".to_owned())));
    let base_url = format!("{}/openai/deployments/m?api-version=2024-10-21", server.url());
    let endpoint = ModelEndpoint { base_url, api_key: key, ..endpoint(&server) };
    succeeded(super::ask(&OpenAiClient::new(reqwest_client(LIMITS.connect), endpoint, None)).await);
    let request = server.request();
    assert_eq!(request.path, "/openai/deployments/m/chat/completions?api-version=2024-10-21");
    assert_eq!(
        (&request.headers["authorization"], &request.headers["api-key"]),
        (&"Bearer sk-123".parse().unwrap(), &"sk-123".parse().unwrap())
    );
    assert_eq!(request.headers["accept-encoding"], "identity");
}

/// What a client of this wire asks with such a prompt.
async fn asked<ThisWire: Wire>(past: &[(PromptRole, &str)]) -> Value {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    let model = ThisWire::client(server.url(), LIMITS);
    model.stream(prompt(past)).collect::<Vec<_>>().await;
    server.request().body
}

/// A server that refuses some requests and answers the others.
async fn particular(status: u16, refuses: fn(&Value) -> bool, message: &'static str) -> ModelServer {
    ModelServer::asked(move |body: &Value| match refuses(body) {
        true => {
            let error = json!({"object": "error", "message": message, "type": "BadRequestError", "code": status});
            (StatusCode::from_u16(status).unwrap(), error.to_string()).into_response()
        }
        false => reply(),
    })
    .await
}

fn reply() -> Response {
    let stream = [openai_client::ThisWire::says("4"), openai_client::ThisWire::end()].concat();
    ([("content-type", "text/event-stream")], stream).into_response()
}

fn endpoint(server: &ModelServer) -> ModelEndpoint {
    let (base_url, model) = (server.url().to_owned(), "a-model".to_owned());
    ModelEndpoint { base_url, model, api_key: ApiKey::None, limits: LIMITS, trace: None }
}

fn prompt(past: &[(PromptRole, &str)]) -> Prompt {
    let message = |(role, content): &(PromptRole, &str)| PromptMessage::text(*role, *content);
    Prompt { messages: past.iter().map(message).collect(), ..Prompt::default() }
}
