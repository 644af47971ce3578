//! A model that refuses, is down, stalls or breaks off: a typed error, and the partial text is kept.

use natter_tests::{Natter, NatterBuilder};
use serde_json::{Value, json};

#[tokio::test]
async fn each_failure_of_a_model_has_its_code() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    for (conversation, script, code, kept) in [
        ("refuses", json!({"status": 401, "body": {"error": {"code": "invalid_api_key"}}}), "misconfigured", ""),
        ("unknown", json!({"status": 404, "body": {"error": {"code": "model_not_found"}}}), "misconfigured", ""),
        ("overloaded", json!({"status": 429, "retryAfter": 3, "body": {}}), "model_overloaded", ""),
        ("broken", json!({"status": 500}), "model_unavailable", ""),
        (
            "too-long",
            json!({"status": 400, "body": {"error": {"code": "context_length_exceeded"}}}),
            "context_too_long",
            "",
        ),
        ("cut", json!({"tokens": 9, "cutAfter": 3}), "interrupted", "w0 w1 w2"),
        ("fault", json!({"tokens": 9, "errorAfter": 3}), "model_unavailable", "w0 w1 w2"),
    ] {
        let request = alice.script(conversation, script).await;
        let answer = alice.answer(&request).await;
        assert_eq!(answer.last["code"], code, "{conversation}: {}", answer.last);
        assert_eq!(answer.text.trim_end(), kept, "{conversation}");
        stored(&natter, conversation, kept).await;
    }
}

#[tokio::test]
async fn a_model_that_stalls_times_out() {
    let natter = NatterBuilder::default()
        .environment("MODEL_FIRST_TOKEN_SECONDS", "2")
        .environment("MODEL_NEXT_TOKEN_SECONDS", "1")
        .start()
        .await;
    let mut alice = natter.connect("alice").await;
    for (conversation, script, kept) in [
        ("between", json!({"tokens": 9, "stallAfter": 3}), "w0 w1 w2"),
        ("at-once", json!({"tokens": 9, "stallAfter": 0, "pings": 100}), ""),
    ] {
        let request = alice.script(conversation, script).await;
        let answer = alice.answer(&request).await;
        assert_eq!(answer.last["code"], "model_unavailable");
        assert_eq!(answer.text.trim_end(), kept);
        stored(&natter, conversation, kept).await;
    }
}

#[tokio::test]
async fn a_model_that_is_down_is_reported_and_the_message_is_kept() {
    let natter = NatterBuilder::default()
        .environment("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
        .environment("OPENAI_MODEL", "none")
        .start()
        .await;
    let mut alice = natter.connect("alice").await;
    let first = alice.say_as("m1", "c", "Anybody there?").await;
    assert_eq!(alice.answer(&first).await.last["code"], "model_unavailable");
    let again = alice.say_as("m1", "c", "Anybody there?").await;
    let error = alice.answer(&again).await.last;
    let shown = error["errorText"].as_str().unwrap();
    let why = shown.strip_prefix("The model is not available at the moment. Please try again. (").expect(shown);
    assert!(why.starts_with("the model cannot be reached: "), "{shown}");
}

#[tokio::test]
async fn only_the_developer_is_shown_why_a_model_cannot_be_used() {
    let refused = json!({"status": 401, "body": {"error": {"message": "The key sk-123 is wrong"}}});
    for (explains, why) in [("", " (the model's server refuses the API key (status 401))"), ("false", "")] {
        let natter = NatterBuilder::default().environment("EXPLAIN_FAILURES", explains).start().await;
        let mut alice = natter.connect("alice").await;
        let request = alice.script("c", refused.clone()).await;
        let shown = alice.answer(&request).await.last["errorText"].clone();
        let sentence = "This service is misconfigured and cannot use its model. Trying again does not help: its operator has to mend it.";
        assert_eq!(shown, format!("{sentence}{why}"));
    }
}

#[tokio::test]
async fn unusual_but_valid_streams_are_read() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"text": "All of it.", "chunk": 2, "garbage": true, "pings": 5})).await;
    assert_eq!(alice.answer(&request).await.text, "All of it.");
}

/// What is stored is what a new message finds in its past.
async fn stored(natter: &Natter, conversation: &str, kept: &str) {
    let mut client = natter.connect("alice").await;
    let request = client.script(conversation, json!({"text": "Next."})).await;
    client.answer(&request).await;
    let call = natter.model_calls().await.pop().unwrap();
    let said: Vec<&str> = call["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["role"] == "assistant")
        .map(|message: &Value| message["content"].as_str().unwrap().trim_end())
        .collect();
    assert_eq!(said, if kept.is_empty() { vec![] } else { vec![kept] }, "{conversation}");
}
