//! How long a model is to reason, as each protocol says it, and where a server does not know it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use natter::conversation::ReasoningEffort;
use natter::llm::{LanguageModel, Prompt};
use serde_json::{Value, json};

use super::model_server::ModelServer;
use super::tool_requests::asked;
use super::wire::Wire;
use super::{LIMITS, anthropic_client, bedrock_client, openai_client, prompt, responses_client, succeeded};

#[tokio::test]
async fn each_protocol_has_a_field_of_its_own() {
    for (effort, openai, claude) in [
        (None, Value::Null, Value::Null),
        (Some(ReasoningEffort::None), json!("none"), Value::Null),
        (Some(ReasoningEffort::Minimal), json!("minimal"), json!("low")),
        (Some(ReasoningEffort::Medium), json!("medium"), json!("medium")),
        (Some(ReasoningEffort::Xhigh), json!("xhigh"), json!("max")),
    ] {
        let body = asked::<openai_client::ThisWire>(with(effort)).await;
        assert_eq!(body["reasoning_effort"], openai, "{body}");
        let body = asked::<responses_client::ThisWire>(with(effort)).await;
        assert_eq!(body["reasoning"]["effort"], openai, "{body}");
        // No budget and an answer fit into the limit of the test's client; a level does.
        let body = asked::<anthropic_client::ThisWire>(with(effort)).await;
        assert_eq!(body["output_config"]["effort"], claude, "{body}");
        let server = ModelServer::saying(bedrock_client::ThisWire::CONTENT_TYPE, bedrock_client::ThisWire::end()).await;
        bedrock_client::claude(server.url()).stream(with(effort)).collect::<Vec<_>>().await;
        let body = server.request().body;
        assert_eq!(body["additionalModelRequestFields"]["output_config"]["effort"], claude, "{body}");
        let body = asked::<bedrock_client::ThisWire>(with(effort)).await;
        assert_eq!(body.get("additionalModelRequestFields"), None, "this model has no such setting: {body}");
    }
}

#[tokio::test]
async fn an_effort_that_is_rejected_is_left_out_from_then_on() {
    let openai: fn(&Value) -> bool = |body| body.get("reasoning_effort").is_some();
    for words in [
        "Unsupported parameter: 'reasoning_effort' is not supported with this model.",
        "Unrecognized request argument supplied: reasoning_effort",
        "\"llama3.2:1b\" does not support thinking",
        "reasoning_effort: Input should be 'none' or 'default'",
        "Function tools with reasoning_effort are not supported for this model in /v1/chat/completions.",
    ] {
        let body = retried::<openai_client::ThisWire>(openai, words, 2).await;
        assert!(!openai(&body), "{words}: {body}");
    }
    let level: fn(&Value) -> bool = |body| body.get("output_config").is_some();
    for words in ["output_config: Extra inputs are not permitted", "adaptive thinking is not supported on this model"] {
        retried::<anthropic_client::ThisWire>(level, words, 2).await;
    }
}

#[tokio::test]
async fn a_claude_that_knows_no_levels_has_a_budget_and_one_that_cannot_think_neither() {
    let fields = |body: &Value| body["additionalModelRequestFields"].clone();
    for (knows_budgets, calls) in [(true, 2), (false, 3)] {
        let server = ModelServer::asked(move |body: &Value| {
            let thinking = &body["additionalModelRequestFields"]["thinking"];
            match thinking["type"].as_str() {
                Some("adaptive") => {
                    bedrock_client::ThisWire::refuses(400, "adaptive thinking is not supported on this model")
                }
                Some("enabled") if !knows_budgets => bedrock_client::ThisWire::refuses(
                    400,
                    "Malformed input request: #: extraneous key [thinking] is not permitted, please reformat your input",
                ),
                _ => reply::<bedrock_client::ThisWire>(),
            }
        })
        .await;
        let model = bedrock_client::claude(server.url());
        for calls in [calls, calls + 1] {
            succeeded(model.stream(with(Some(ReasoningEffort::Low))).collect().await);
            assert_eq!(server.requests(), calls);
        }
        let expected =
            if knows_budgets { json!({"thinking": {"type": "enabled", "budget_tokens": 1620}}) } else { Value::Null };
        assert_eq!(fields(&server.request().body), expected);
    }
}

#[tokio::test]
async fn without_an_effort_an_objection_to_one_is_something_else() {
    let words = "The reasoning_content in the thinking mode must be passed back to the API, whatever reasoning_effort.";
    let server = particular(|body| body.get("stream_options").is_some(), words, reply::<openai_client::ThisWire>).await;
    let model = openai_client::ThisWire::client(server.url(), LIMITS);
    succeeded(model.stream(prompt()).collect().await);
    assert_eq!(server.requests(), 2);
}

/// The last request to a server that refuses what `has` finds; after so many calls, the first of two replies comes.
async fn retried<ThisWire: Wire>(has: fn(&Value) -> bool, words: &'static str, calls: usize) -> Value {
    let server = particular(has, words, reply::<ThisWire>).await;
    let model = ThisWire::client(server.url(), LIMITS);
    for calls in [calls, calls + 1] {
        succeeded(model.stream(with(Some(ReasoningEffort::High))).collect().await);
        assert_eq!(server.requests(), calls, "{words}");
    }
    server.request().body
}

async fn particular(has: fn(&Value) -> bool, words: &'static str, reply: fn() -> Response) -> ModelServer {
    ModelServer::asked(move |body: &Value| match has(body) {
        true => {
            let error = json!({"error": {"message": words, "type": "invalid_request_error"}});
            (StatusCode::BAD_REQUEST, error.to_string()).into_response()
        }
        false => reply(),
    })
    .await
}

fn reply<ThisWire: Wire>() -> Response {
    ([("content-type", ThisWire::CONTENT_TYPE)], [ThisWire::says("4"), ThisWire::end()].concat()).into_response()
}

fn with(reasoning_effort: Option<ReasoningEffort>) -> Prompt {
    Prompt { reasoning_effort, ..prompt() }
}
