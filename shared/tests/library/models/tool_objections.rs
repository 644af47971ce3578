//! What a server refuses of a request with tools is left out, and that is remembered.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use natter::llm::{LanguageModel, Prompt, PromptPart, ToolChoice};
use serde_json::{Value, json};

use super::model_server::ModelServer;
use super::tool_requests::whole_prompt;
use super::wire::Wire;
use super::{LIMITS, anthropic_client, bedrock_client, failed, openai_client, succeeded};

/// Whether a body has what a server refuses.
type Has = fn(&Value) -> bool;

#[tokio::test]
async fn openai_requests_are_retried_without_what_was_rejected() {
    let tools: Has = |body| body.get("tools").is_some();
    let strict: Has = |body| body.to_string().contains("\"strict\"");
    let choice: Has = |body| body.get("tool_choice").is_some();
    let reasoning: Has = |body| body.to_string().contains("\"reasoning\"");
    let picture: Has = |body| body.to_string().contains("image_url");
    for (has, status, words) in [
        (tools, 400, "registry.ollama.ai/library/gemma:2b does not support tools"),
        (tools, 400, "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set"),
        (tools, 404, "No endpoints found that support tool use. To learn more about provider routing, visit the docs"),
        (tools, 400, "`tool calling` is not supported with this model"),
        (tools, 422, "tools: Extra inputs are not permitted"),
        (tools, 400, "deepseek-reasoner does not support Function Calling"),
        (tools, 400, "Function calling is not enabled for models/gemma-3-27b-it"),
        (tools, 400, "Unrecognized request argument supplied: tools"),
        (tools, 500, "tools param requires --jinja flag"),
        (strict, 400, "property 'tools.0.function.strict' is unsupported"),
        (
            strict,
            400,
            "Invalid schema for function 'weather': In context=(), 'additionalProperties' is required to be supplied",
        ),
        (strict, 400, "Unknown name \"strict\" at 'tools[0].function': Cannot find field."),
        (picture, 400, "Invalid content type. image_url is only supported by certain models."),
        (picture, 400, "a-model is not a multimodal model"),
        (picture, 400, "At most 0 image(s) may be provided in one prompt."),
        (picture, 422, "messages[5]: unknown variant `image_url`, expected `text`"),
        (choice, 400, "tool_choice is not supported with this model"),
        (choice, 422, "body.tool_choice: Input should be 'auto'"),
        (
            reasoning,
            400,
            "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property 'reasoning' is unsupported)]",
        ),
    ] {
        let server = particular(status, has, words, reply::<openai_client::ThisWire>).await;
        let model = openai_client::ThisWire::client(server.url(), LIMITS);
        for calls in [2, 3] {
            succeeded(model.stream(demanding_prompt()).collect().await);
            assert_eq!(server.requests(), calls, "{words}");
        }
        let body = server.request().body;
        assert!(!has(&body), "{words}: {body}");
        let are_left = [tools, strict, choice, reasoning, picture].into_iter().filter(|has| has(&body)).count();
        assert_eq!(are_left, if tools(&body) { 4 } else { 0 }, "{words}: {body}");
    }
}

#[tokio::test]
async fn anthropic_requests_are_retried_without_what_was_rejected() {
    for (has, words) in [
        (
            (|body| body.to_string().contains("\"strict\"")) as Has,
            "tools.0.custom.strict: Extra inputs are not permitted",
        ),
        (|body| body.to_string().contains("cache_control"), "system.0.cache_control: Extra inputs are not permitted"),
        (|body| body.get("tool_choice").is_some(), "tool_choice: Extra inputs are not permitted"),
        (
            |body| body.to_string().contains("\"thinking\""),
            "messages.1.content.0: Invalid `signature` in `thinking` block",
        ),
        (|body| body.to_string().contains("\"image\""), "This model does not support image inputs"),
        (|body| body.get("tools").is_some(), "This model does not support tools"),
    ] {
        let server = particular(400, has, words, reply::<anthropic_client::ThisWire>).await;
        let model = anthropic_client::ThisWire::client(server.url(), LIMITS);
        for calls in [2, 3] {
            succeeded(model.stream(demanding_prompt()).collect().await);
            assert_eq!(server.requests(), calls, "{words}");
        }
        assert!(!has(&server.request().body), "{words}");
    }
}

#[tokio::test]
async fn bedrock_requests_are_retried_without_what_was_rejected() {
    let denied =
        "You invoked an unsupported model or your request did not allow prompt caching. See the documentation.";
    let extraneous = "Malformed input request: #/messages/6/content/0: extraneous key [cachePoint] is not permitted";
    for (has, status, words) in [
        (
            (|body| body.get("toolConfig").is_some()) as Has,
            400,
            "This model doesn't support tool use in streaming mode.",
        ),
        (
            |body| body["toolConfig"].get("toolChoice").is_some(),
            400,
            "This model doesn't support the toolConfig.toolChoice.any field.",
        ),
        (
            |body| body.to_string().contains("\"strict\""),
            400,
            "toolConfig.tools.0.toolSpec.strict: Extra inputs are not permitted",
        ),
        (|body| body.to_string().contains("\"image\""), 400, "This model doesn't support the image field. Remove it."),
        (|body| body.to_string().contains("cachePoint"), 403, denied),
        (|body| body.to_string().contains("cachePoint"), 400, extraneous),
    ] {
        let server = ModelServer::asked(move |body: &Value| match has(body) {
            true => bedrock_client::ThisWire::refuses(status, words),
            false => reply::<bedrock_client::ThisWire>(),
        })
        .await;
        let model = bedrock_client::claude(server.url());
        for calls in [2, 3] {
            succeeded(model.stream(demanding_prompt()).collect().await);
            assert_eq!(server.requests(), calls, "{words}");
        }
        assert!(!has(&server.request().body), "{words}");
    }
}

#[tokio::test]
async fn without_tools_an_objection_to_tools_causes_no_retry() {
    for status in [403, 404, 500] {
        let words = "This model does not support tools, and your request did not allow prompt caching";
        let server = particular(status, |_| true, words, reply::<openai_client::ThisWire>).await;
        failed(super::ask(&openai_client::ThisWire::client(server.url(), LIMITS)).await);
        assert_eq!(server.requests(), 1, "{status}");
    }
}

#[tokio::test]
async fn an_invalid_schema_does_not_remove_the_tools() {
    let words = "Invalid schema for function 'weather': 'oneOf' is not permitted";
    let server = particular(400, |body| body.get("tools").is_some(), words, reply::<openai_client::ThisWire>).await;
    failed(openai_client::ThisWire::client(server.url(), LIMITS).stream(whole_prompt()).collect().await);
    assert!(server.request().body.get("tools").is_some());
}

/// A prompt with everything that a server may refuse.
fn demanding_prompt() -> Prompt {
    let mut prompt = whole_prompt();
    for data in [json!({"field": "reasoning"}), json!({"signature": "EqQBCgIYAhIM"})] {
        prompt.messages[2].parts.insert(0, PromptPart::Reasoning { text: "Hm.".to_owned(), data: Some(data) });
    }
    Prompt { tool_choice: ToolChoice::Required, ..prompt }
}

/// A server that refuses some requests and answers the others.
async fn particular(status: u16, has: Has, words: &'static str, reply: fn() -> Response) -> ModelServer {
    ModelServer::asked(move |body: &Value| match has(body) {
        true => {
            let error = json!({"error": {"message": words, "type": "invalid_request_error"}});
            (StatusCode::from_u16(status).unwrap(), error.to_string()).into_response()
        }
        false => reply(),
    })
    .await
}

fn reply<ThisWire: Wire>() -> Response {
    ([("content-type", ThisWire::CONTENT_TYPE)], [ThisWire::says("4"), ThisWire::end()].concat()).into_response()
}
