//! Reasoning that a provider wants back while its calls are answered.

use futures::StreamExt;
use natter::llm::PromptRole::{Assistant, User};
use natter::llm::{Delta, LanguageModel, Prompt, PromptMessage, PromptPart, ToolResultContent};
use serde_json::{Value, json};

use super::model_server::ModelServer;
use super::quirks::{DONE, event};
use super::tool_requests::{asked, call, message, result, tools};
use super::wire::Wire;
use super::{LIMITS, anthropic_client, ask, bedrock_client, openai_client, succeeded, thought};

#[tokio::test]
async fn anthropic_reasoning_is_returned_with_its_signature() {
    let transcript = include_str!("../../fixtures/transcripts/anthropic-thinking-and-tools.sse");
    let heard = heard::<anthropic_client::ThisWire>(transcript.into()).await;
    let (signed, hidden) =
        (kept(json!({"signature": SIGNATURE})), kept(json!({"redacted_thinking": "EmwKAhgBEgy3va3pzix"})));
    assert_eq!(heard[..4], [thought("Simple"), thought(" sum."), signed, hidden]);
    let body = asked::<anthropic_client::ThisWire>(step(&heard)).await;
    let blocks = [
        json!({"type": "thinking", "thinking": "Simple sum.", "signature": SIGNATURE}),
        json!({"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix"}),
        json!({"type": "text", "text": "4"}),
    ];
    assert_eq!(body["messages"][1]["content"].as_array().unwrap()[..3], blocks);
}

#[tokio::test]
async fn bedrock_reasoning_is_returned_with_its_signature() {
    let delta = bedrock_client::delta;
    let stream = [
        delta(&json!({"reasoningContent": {"text": "Simple sum."}})),
        delta(&json!({"reasoningContent": {"signature": &SIGNATURE[..5]}})),
        delta(&json!({"reasoningContent": {"signature": &SIGNATURE[5..]}})),
        bedrock_client::ThisWire::ends_call(0),
        delta(&json!({"reasoningContent": {"redactedContent": "aGlkZGVu"}})),
        bedrock_client::ThisWire::ends_call(0),
        bedrock_client::ThisWire::begins_call(1, "calculate"),
        bedrock_client::ThisWire::end(),
    ];
    let heard = heard::<bedrock_client::ThisWire>(stream.concat()).await;
    let (signed, hidden) = (kept(json!({"signature": SIGNATURE})), kept(json!({"redacted": "aGlkZGVu"})));
    assert_eq!(heard[..3], [thought("Simple sum."), signed, hidden]);
    let body = asked::<bedrock_client::ThisWire>(step(&heard)).await;
    let text = json!({"text": "Simple sum.", "signature": SIGNATURE});
    let blocks = [
        json!({"reasoningContent": {"reasoningText": text}}),
        json!({"reasoningContent": {"redactedContent": "aGlkZGVu"}}),
    ];
    assert_eq!(body["messages"][1]["content"].as_array().unwrap()[..2], blocks);
}

#[tokio::test]
async fn openai_reasoning_is_returned_in_the_field_it_came_in() {
    let detail = |text: &str| json!({"type": "reasoning.text", "index": 0, "text": text, "signature": null});
    let signed = json!({"type": "reasoning.text", "index": 0, "signature": SIGNATURE});
    let hidden = json!({"type": "reasoning.encrypted", "index": 1, "data": "c2VjcmV0"});
    let details = json!([
        {"type": "reasoning.text", "index": 0, "text": "Simple sum.", "signature": SIGNATURE},
        {"type": "reasoning.encrypted", "index": 1, "data": "c2VjcmV0"},
    ]);
    for (pieces, field, expected) in [
        (
            vec![json!({"reasoning_content": "Simple"}), json!({"reasoning_content": " sum."})],
            "reasoning_content",
            json!("Simple sum."),
        ),
        (vec![json!({"reasoning": "Simple sum."})], "reasoning", json!("Simple sum.")),
        (
            vec![
                json!({"reasoning": "Simple", "reasoning_details": [detail("Simple")]}),
                json!({"reasoning": " sum.", "reasoning_details": [detail(" sum.")]}),
                json!({"reasoning_details": [signed]}),
                json!({"reasoning_details": [hidden]}),
            ],
            "reasoning_details",
            details,
        ),
    ] {
        let said: String = pieces.into_iter().map(|delta| event(&json!({"choices": [{"delta": delta}]}))).collect();
        let heard = heard::<openai_client::ThisWire>((said + &called(json!(null)) + DONE).into()).await;
        let body = asked::<openai_client::ThisWire>(step(&heard)).await;
        let reply = &body["messages"][1];
        assert_eq!(reply[field], expected, "{body}");
        let fields = ["reasoning_content", "reasoning", "reasoning_details"];
        assert_eq!(fields.iter().filter(|field| reply.get(*field).is_some()).count(), 1, "{body}");
    }
    // Reasoning between marks came as text, and no field is known to hold it.
    let said = event(&json!({"choices": [{"delta": {"content": "<think>Simple sum.</think>4"}}]}));
    let heard = heard::<openai_client::ThisWire>((said + &called(json!(null)) + DONE).into()).await;
    assert!(!asked::<openai_client::ThisWire>(step(&heard)).await.to_string().contains("Simple sum."));
}

#[tokio::test]
async fn extra_content_is_returned_with_its_call() {
    let extra = json!({"google": {"thought_signature": SIGNATURE}});
    let heard = heard::<openai_client::ThisWire>((called(extra.clone()) + DONE).into()).await;
    assert_eq!(heard[0], kept(json!({"extra_content": extra})));
    let body = asked::<openai_client::ThisWire>(step(&heard)).await;
    assert_eq!(body["messages"][1]["tool_calls"][0]["extra_content"], extra, "{body}");
}

#[tokio::test]
async fn reasoning_of_another_provider_is_not_sent() {
    for data in [json!(7), json!({}), json!({"field": "content"}), json!({"of_another": "provider"})] {
        let prompt =
            step(&[thought("Simple sum."), kept(data.clone()), Delta::ToolStart { tool: "calculate".to_owned() }]);
        for body in [
            asked::<openai_client::ThisWire>(prompt.clone()).await,
            asked::<anthropic_client::ThisWire>(prompt.clone()).await,
            asked::<bedrock_client::ThisWire>(prompt.clone()).await,
        ] {
            assert!(!body.to_string().contains("Simple sum."), "{data}: {body}");
            assert_eq!(body["messages"][1]["role"], "assistant", "{body}");
        }
    }
}

#[tokio::test]
async fn without_tools_there_is_no_provider_data() {
    let transcript = include_str!("../../fixtures/transcripts/anthropic-thinking-and-tools.sse");
    let server = ModelServer::saying(anthropic_client::ThisWire::CONTENT_TYPE, transcript).await;
    let deltas = succeeded(ask(&anthropic_client::ThisWire::client(server.url(), LIMITS)).await);
    assert!(!deltas.iter().any(|delta| matches!(delta, Delta::ProviderData(_))), "{deltas:?}");
}

#[tokio::test]
async fn provider_data_over_the_limit_is_dropped() {
    let (long, longer) = ("x".repeat(60_000), "x".repeat(70_000));
    for (signature, is_kept) in [(long, true), (longer, false)] {
        let extra = json!({"google": {"thought_signature": signature}});
        let heard = heard::<openai_client::ThisWire>((called(extra) + DONE).into()).await;
        assert_eq!(heard.iter().any(|delta| matches!(delta, Delta::ProviderData(_))), is_kept);
    }
}

const SIGNATURE: &str = "EqQBCgIYAhIM1gbcDa9GJwZA2b3h";

fn kept(data: Value) -> Delta {
    Delta::ProviderData(data)
}

fn called(extra: Value) -> String {
    let function = json!({"name": "calculate", "arguments": "{}"});
    event(&json!({"choices": [{"delta": {"tool_calls": [{"id": "a", "function": function, "extra_content": extra}]}}]}))
}

/// What is heard of a stream if tools were offered.
pub async fn heard<ThisWire: Wire>(stream: Vec<u8>) -> Vec<Delta> {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, stream).await;
    let messages = vec![PromptMessage::text(User, "2 + 2?")];
    let prompt = Prompt { messages, tools: tools(), ..Prompt::default() };
    succeeded(ThisWire::client(server.url(), LIMITS).stream(prompt).collect().await)
}

/// The prompt of the next step, as the one who runs the calls makes it of what was heard.
pub fn step(heard: &[Delta]) -> Prompt {
    let mut parts: Vec<PromptPart> = Vec::new();
    for delta in heard {
        match (parts.last_mut(), delta.clone()) {
            (Some(PromptPart::Reasoning { text, data: None }), Delta::Reasoning(more)) => text.push_str(&more),
            (Some(PromptPart::Reasoning { data: data @ None, .. }), Delta::ProviderData(kept)) => *data = Some(kept),
            (_, Delta::Reasoning(text)) => parts.push(PromptPart::Reasoning { text, data: None }),
            (_, Delta::ProviderData(data)) => {
                parts.push(PromptPart::Reasoning { text: String::new(), data: Some(data) });
            }
            (_, Delta::Text(text)) => parts.push(PromptPart::Text(text)),
            (_, Delta::ToolStart { tool }) => parts.push(call("a", &tool, json!({}))),
            (_, Delta::ToolInput(_) | Delta::Source(_) | Delta::Finish { .. }) => {}
        }
    }
    let messages = vec![
        PromptMessage::text(User, "2 + 2?"),
        message(Assistant, parts),
        message(User, vec![result("a", "calculate", ToolResultContent::Text("4".to_owned()))]),
    ];
    Prompt { messages, tools: tools(), ..Prompt::default() }
}
