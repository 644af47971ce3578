//! Reasoning of OpenAI's Responses, which goes back while its calls are answered, and what else a request of theirs has.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use natter::http_clients::reqwest_client;
use natter::llm::PromptRole::{Assistant, System, User};
use natter::llm::{
    ApiKey, Delta, LanguageModel, ModelEndpoint, Prompt, PromptMessage, PromptPart, ResponsesClient, ToolChoice,
};
use serde_json::{Value, json};

use super::model_server::ModelServer;
use super::responses_client::{ThisWire, end, event};
use super::returned_reasoning::{heard, step};
use super::tool_requests::{asked, message, whole_prompt};
use super::wire::Wire;
use super::{LIMITS, failed, succeeded, thought};

#[tokio::test]
async fn encrypted_reasoning_is_returned_in_front_of_its_call() {
    let heard = heard::<ThisWire>(include_str!("../../fixtures/responses/reasoning-and-tools.sse").into()).await;
    let summary = json!([
        {"type": "summary_text", "text": "Simple sum."}, {"type": "summary_text", "text": "Use the tool."},
    ]);
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": "gAAAAABo2b3h"});
    let kept: Vec<_> = heard.iter().filter(|delta| matches!(delta, Delta::ProviderData(_))).collect();
    assert_eq!(kept, [&Delta::ProviderData(item.clone())], "each item once");
    let body = asked::<ThisWire>(step(&heard)).await;
    let input = body["input"].as_array().unwrap();
    assert_eq!(input[1], item, "{body}");
    let mut kinds: Vec<_> = input.iter().map(|item| item["type"].as_str().unwrap()).collect();
    kinds.dedup();
    assert_eq!(kinds, ["message", "reasoning", "message", "function_call", "function_call_output"], "{body}");
    assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(body["store"], false);
}

#[tokio::test]
async fn encrypted_reasoning_without_a_summary_is_kept_once() {
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAABo2b3h"});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "c", "name": "look", "arguments": "{}"});
    let done = event(&json!({"type": "response.output_item.done", "output_index": 0, "item": item}));
    let whole = end("completed", &json!({"output": [item, call]}));
    for stream in [[done, whole.clone()].concat(), whole] {
        let heard = heard::<ThisWire>(stream).await;
        let kept: Vec<_> = heard.iter().filter(|delta| matches!(delta, Delta::ProviderData(_))).collect();
        assert_eq!(kept, [&Delta::ProviderData(item.clone())]);
    }
}

#[tokio::test]
async fn plain_thoughts_are_returned_as_the_item_that_they_were() {
    let content = json!([{"type": "reasoning_text", "text": "Simple sum."}]);
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [], "content": content});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "c", "name": "calculate", "arguments": "{}"});
    let stream = [item, call].into_iter().enumerate().flat_map(|(index, item)| {
        event(&json!({"type": "response.output_item.done", "output_index": index, "item": item}))
    });
    let heard = heard::<ThisWire>(stream.chain(ThisWire::end()).collect()).await;
    assert_eq!(heard[0], thought("Simple sum."));
    let body = asked::<ThisWire>(step(&heard)).await;
    assert_eq!(
        body["input"][1],
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "content": content}),
        "{body}"
    );
}

#[tokio::test]
async fn tools_calls_results_and_pictures_are_items() {
    let body = asked::<ThisWire>(whole_prompt()).await;
    let said = |role: &str, kind: &str, text: &str| json!({"type": "message", "role": role, "content": [{"type": kind, "text": text}]});
    let called = |id: &str, name: &str, arguments: &str| json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments});
    let result = |id: &str, output: Value| json!({"type": "function_call_output", "call_id": id, "output": output});
    let picture = json!({"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="});
    let input = json!([
        said("user", "input_text", "How is Rome?"),
        said("assistant", "output_text", "I look."),
        called("call00001", "weather", r#"{"city":"Rome"}"#),
        called("call00002", "map", "{}"),
        result("call00001", json!(r#"{"degrees":22.5}"#)),
        result("call00002", json!([{"type": "input_text", "text": "Here."}, picture])),
        called("call00003", "weather", "{}"),
        result("call00003", json!("Error: The city is missing.")),
        said("user", "input_text", "And?"),
    ]);
    assert_eq!(body["input"], input);
    assert_eq!(body["instructions"], "Be kind.");
    let tools = body["tools"].as_array().unwrap();
    assert_eq!((&tools[0]["type"], &tools[0]["name"]), (&json!("function"), &json!("weather")));
    assert_eq!((&tools[0]["strict"], &tools[1]["strict"]), (&json!(true), &json!(false)));
    for (choice, expected) in
        [(ToolChoice::Auto, json!(null)), (ToolChoice::None, json!("none")), (ToolChoice::Required, json!("required"))]
    {
        let body = asked::<ThisWire>(Prompt { tool_choice: choice, ..whole_prompt() }).await;
        assert_eq!(body["tool_choice"], expected);
    }
}

#[tokio::test]
async fn without_tools_earlier_calls_are_text_and_nothing_is_encrypted() {
    let body = asked::<ThisWire>(Prompt { tools: Vec::new(), ..whole_prompt() }).await;
    let told = body.to_string();
    for absent in ["function_call", "\"tools\"", "include", "iVBORw0KGgo"] {
        assert!(!told.contains(absent), "{absent}: {told}");
    }
    assert!(told.contains("The tool weather, called with"), "{told}");
}

#[tokio::test]
async fn requests_are_retried_without_what_was_rejected() {
    type Has = fn(&Value) -> bool;
    let include: Has = |body| body.get("include").is_some();
    let store: Has = |body| body.get("store").is_some();
    let summary: Has = |body| body["reasoning"].get("summary").is_some();
    let effort: Has = |body| body["reasoning"].get("effort").is_some();
    let settings: Has = |body| body.get("reasoning").is_some();
    let instructions: Has = |body| body.get("instructions").is_some();
    let strict: Has = |body| body.to_string().contains("\"strict\"");
    let choice: Has = |body| body.get("tool_choice").is_some();
    let returned: Has = |body| body.to_string().contains("gAAA");
    let picture: Has = |body| body.to_string().contains("input_image");
    let tools: Has = |body| body.get("tools").is_some();
    for (has, words) in [
        (include, "Encrypted content is not supported with this model."),
        (include, "Unknown parameter: 'include'."),
        (include, "include: Extra inputs are not permitted"),
        (store, "Unsupported parameter: store"),
        (store, "store: Extra inputs are not permitted"),
        (
            summary,
            "Your organization must be verified to generate reasoning summaries. Please go to: https://platform.openai.com",
        ),
        (summary, "Unsupported parameter: 'reasoning.summary' is not supported with this model."),
        (effort, "Unsupported value: 'reasoning.effort' does not support 'xhigh' with this model."),
        (settings, "Unknown parameter: 'reasoning'."),
        (settings, "reasoning: Extra inputs are not permitted"),
        (instructions, "Unknown parameter: 'instructions'."),
        (strict, "Unknown parameter: 'tools[0].strict'."),
        (choice, "tool_choice is not supported with this model"),
        (returned, "The encrypted content gAAA...b3h could not be verified."),
        (returned, "Item 'rs_1' of type 'reasoning' was provided without its required following item."),
        (picture, "Invalid content type. input_image is only supported by certain models."),
        (tools, "registry.ollama.ai/library/gemma:2b does not support tools"),
    ] {
        let server = particular(has, words).await;
        let model = client(server.url());
        for calls in [2, 3] {
            succeeded(model.stream(demanding_prompt()).collect().await);
            assert_eq!(server.requests(), calls, "{words}");
        }
        let body = server.request().body;
        assert!(!has(&body), "{words}: {body}");
        assert!(!body["input"].as_array().unwrap().is_empty(), "{words}: {body}");
        if words.contains("'instructions'") {
            assert!(body["input"][0].to_string().contains("Be kind."), "{body}");
        }
    }
}

#[tokio::test]
async fn what_is_rejected_together_with_something_else_is_met_one_by_one() {
    let server = ModelServer::asked(|body: &Value| {
        match ["include", "store", "reasoning"].into_iter().find(|field| body.get(field).is_some()) {
            Some(field) => refused(&format!("{field}: Extra inputs are not permitted")),
            None => reply(),
        }
    })
    .await;
    let model = client(server.url());
    for calls in [4, 5] {
        succeeded(model.stream(demanding_prompt()).collect().await);
        assert_eq!(server.requests(), calls);
    }
}

#[tokio::test]
async fn a_server_without_this_protocol_is_misconfigured() {
    let server = ModelServer::answering(|| (StatusCode::NOT_FOUND, "404 page not found").into_response()).await;
    let (_, error) = failed(super::ask(&client(server.url())).await);
    assert_eq!(error.code(), natter::error::ErrorCode::Misconfigured);
    assert_eq!(server.requests(), 1);
}

/// A prompt with everything that a server may refuse.
fn demanding_prompt() -> Prompt {
    let mut prompt = whole_prompt();
    let data = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"});
    prompt.messages[2].parts.insert(0, PromptPart::Reasoning { text: "Hm.".to_owned(), data: Some(data) });
    let reasoning_effort = Some(natter::conversation::ReasoningEffort::Xhigh);
    Prompt { tool_choice: ToolChoice::Required, reasoning_effort, ..prompt }
}

/// A server that refuses some requests and answers the others.
async fn particular(has: fn(&Value) -> bool, words: &'static str) -> ModelServer {
    ModelServer::asked(move |body: &Value| if has(body) { refused(words) } else { reply() }).await
}

fn refused(words: &str) -> Response {
    let error = json!({"error": {"message": words, "type": "invalid_request_error", "param": null, "code": null}});
    (StatusCode::BAD_REQUEST, error.to_string()).into_response()
}

fn reply() -> Response {
    ([("content-type", ThisWire::CONTENT_TYPE)], [ThisWire::says("4"), ThisWire::end()].concat()).into_response()
}

fn client(url: &str) -> ResponsesClient {
    let (base_url, model) = (url.to_owned(), "a-model".to_owned());
    let endpoint = ModelEndpoint { base_url, model, api_key: ApiKey::None, limits: LIMITS, trace: None };
    ResponsesClient::new(reqwest_client(LIMITS.connect), endpoint, None, true)
}

#[tokio::test]
async fn reasoning_of_the_past_or_of_another_provider_is_not_sent() {
    for data in [json!(7), json!({"signature": "x"}), json!({"field": "reasoning"}), json!({"type": "thinking"})] {
        let parts = vec![
            PromptPart::Reasoning { text: "Simple sum.".to_owned(), data: Some(data) },
            PromptPart::Text("4".to_owned()),
        ];
        let messages = vec![
            PromptMessage::text(System, "Be kind."),
            PromptMessage::text(User, "2 + 2?"),
            message(Assistant, parts),
            PromptMessage::text(User, "Sure?"),
        ];
        let body = asked::<ThisWire>(Prompt { messages, ..whole_prompt() }).await;
        assert!(!body.to_string().contains("Simple sum."), "{body}");
    }
}
