//! Models and agents to choose from, and what they cost.

use natter_tests::{Client, Natter, NatterBuilder};
use serde_json::{Value, json};

const AGENTS: &str = r#"[{"id": "poet", "name": "Poet", "description": "Answers in verse.", "instructions": "Rhyme."},
                         {"id": "cook", "name": "Cook", "instructions": "Taste."}]"#;

#[tokio::test]
async fn a_message_is_answered_by_the_model_and_the_agent_that_it_names() {
    let (natter, lender) = with_choices().await;
    let mut alice = natter.connect("alice").await;
    let described = alice.result("server.describe", json!({})).await;
    assert_eq!(described["models"], json!([{"id": "small", "name": "small"}, {"id": "large", "name": "large"}]));
    let poet = json!({"id": "poet", "name": "Poet", "description": "Answers in verse."});
    assert_eq!(described["agents"], json!([poet, {"id": "cook", "name": "Cook"}]));
    for (body, model, instructions) in [
        (json!({}), "small", "Rhyme."),
        (json!({"model": "large"}), "large", "Rhyme."),
        (json!({"agent": "cook", "model": "small"}), "small", "Taste."),
    ] {
        let answer = ask(&mut alice, body).await;
        let call = lender.model_calls().await.pop().unwrap();
        assert_eq!((&call["model"], &call["messages"][0]["content"]), (&json!(model), &json!(instructions)));
        assert_eq!(answer["chunk"]["messageMetadata"]["model"], model);
    }
}

#[tokio::test]
async fn an_unknown_model_or_agent_is_rejected() {
    let (natter, lender) = with_choices().await;
    let mut alice = natter.connect("alice").await;
    for body in [json!({"model": "huge"}), json!({"agent": "judge"}), json!({"model": ""}), json!({"model": 7})] {
        assert_eq!(ask(&mut alice, body).await["code"], "invalid_frame");
    }
    assert_eq!(lender.model_calls().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_reply_has_its_cost_where_the_price_is_known_also_in_the_history() {
    let (natter, _lender) = with_choices().await;
    let mut alice = natter.connect("alice").await;
    let metadata = ask(&mut alice, json!({"model": "large"})).await["chunk"]["messageMetadata"].clone();
    let tokens = |name: &str| metadata["usage"][name].as_f64().unwrap();
    let expected = (tokens("inputTokens") * 2.0 + tokens("outputTokens") * 8.0) / 1_000_000.0;
    let cost = metadata["cost"].as_f64().unwrap();
    assert!((cost - expected).abs() < 1e-12 && cost > 0.0, "{metadata}");
    let read = alice.result("conversations.get", json!({"id": "c"})).await;
    assert_eq!(read["messages"][1]["metadata"]["cost"], metadata["cost"]);
    let unknown = ask(&mut alice, json!({"model": "small"})).await;
    assert_eq!(unknown["chunk"]["messageMetadata"].get("cost"), None);
}

/// A Natter with choices, and another one that lends it its scripted model.
async fn with_choices() -> (Natter, Natter) {
    let lender = Natter::start().await;
    let natter = NatterBuilder::default()
        .environment("OPENAI_BASE_URL", format!("{}/model/v1", lender.stack.http_url()))
        .environment("OPENAI_MODEL", "small, large")
        .environment("MODEL_PRICES", "large=2/8")
        .environment("AGENTS", AGENTS)
        .environment("TITLES", "words")
        .start()
        .await;
    (natter, lender)
}

/// The last frame but `end`: the one with the reply's metadata, or the error.
async fn ask(client: &mut Client, body: Value) -> Value {
    let request = uuid::Uuid::new_v4().to_string();
    let parts = json!([{"type": "text", "text": "script:{\"text\":\"Yes.\"}"}]);
    client
        .send(json!({
            "type": "send", "requestId": request, "id": "c", "trigger": "submit-message", "headers": {}, "body": body,
            "messages": [{"id": uuid::Uuid::new_v4().to_string(), "role": "user", "parts": parts}],
        }))
        .await;
    loop {
        let frame = client.next(&request).await;
        if frame["type"] == "error" || frame["chunk"]["type"] == "finish" {
            return frame;
        }
    }
}
