//! A stop that really stops.

use natter_tests::Natter;
use serde_json::json;

#[tokio::test]
async fn a_stop_drops_the_models_call_and_keeps_the_partial_reply() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 5000, "rate": 50})).await;
    alice.first_text(&request).await;
    alice.send(json!({"type": "abort", "requestId": request})).await;
    let answer = alice.answer(&request).await;
    assert_eq!(answer.last["type"], "end");
    natter.model_call_becomes("dropped").await;

    let next = alice.say("c", "Thank you").await;
    alice.answer(&next).await;
    assert_eq!(
        natter.last_prompt().await[1],
        format!("assistant: {}", answer.text),
        "what was shown is what is stored"
    );
}

#[tokio::test]
async fn a_stop_that_overtakes_its_message_stops_it() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    alice.send(json!({"type": "abort", "requestId": "r"})).await;
    // Answered only after the stop has reached the gateway.
    alice.send(json!({"type": "ping", "requestId": "p"})).await;
    alice.next("p").await;
    natter.stack.settled().await;
    alice
        .send(json!({
            "type": "send", "requestId": "r", "id": "c", "trigger": "submit-message",
            "messages": [{"id": "m", "role": "user", "parts": [{"type": "text", "text": "Hello"}]}],
            "headers": {}, "body": {},
        }))
        .await;
    let answer = alice.answer("r").await;
    assert_eq!((answer.last["type"].as_str(), answer.text.as_str()), (Some("end"), ""));
}

#[tokio::test]
async fn a_stop_by_another_user_or_connection_has_no_effect() {
    let natter = Natter::start().await;
    let (mut alice, mut bob) = (natter.connect("alice").await, natter.connect("bob").await);
    let mut elsewhere = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 40, "rate": 20})).await;
    alice.first_text(&request).await;
    for client in [&mut bob, &mut elsewhere] {
        client.send(json!({"type": "abort", "requestId": request})).await;
    }
    assert!(alice.answer(&request).await.text.ends_with("w39"));
}

#[tokio::test]
async fn a_stop_of_an_ended_or_unknown_turn_is_no_error() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"text": "Done."})).await;
    alice.answer(&request).await;
    for request in [request.as_str(), "never-was"] {
        alice.send(json!({"type": "abort", "requestId": request})).await;
    }
    alice.send(json!({"type": "ping", "requestId": "p"})).await;
    assert_eq!(alice.next("p").await["type"], "pong");
}
