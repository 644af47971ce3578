//! Who may open a connection.

use std::time::Duration;

use natter_tests::{Natter, NatterBuilder};
use serde_json::json;

#[tokio::test]
async fn a_connection_without_a_valid_token_is_rejected_with_401() {
    let natter = Natter::start().await;
    let expired = natter.token("alice", -120).await;
    let good = natter.token("alice", 60).await;
    let mut forged = good.clone();
    forged.replace_range(forged.len() - 4.., "AAAA");
    for token in [None, Some(""), Some("nonsense"), Some(expired.as_str()), Some(forged.as_str())] {
        let refusal = natter.try_connect(token, &[]).await.map(drop).unwrap_err();
        assert_eq!(refusal.status, 401, "{token:?}");
    }
    assert!(natter.try_connect(Some(&good), &[]).await.is_ok());
}

#[tokio::test]
async fn a_page_of_another_origin_is_rejected_with_403() {
    let natter = NatterBuilder::default().environment("ALLOWED_ORIGINS", "https://chat.example.org").start().await;
    let token = natter.token("alice", 60).await;
    let from = async |origin| natter.try_connect(Some(&token), &[("origin", origin)]).await;
    assert_eq!(from("https://evil.example.com").await.map(drop).unwrap_err().status, 403);
    assert!(from("https://chat.example.org").await.is_ok());
}

#[tokio::test]
async fn a_token_may_come_as_a_subprotocol_and_is_not_echoed() {
    let natter = Natter::start().await;
    let offered = format!("chat, bearer.{}", natter.token("alice", 60).await);
    let mut alice = natter.try_connect(None, &[("sec-websocket-protocol", &offered)]).await.unwrap();
    assert_eq!(alice.subprotocol.as_deref(), Some("chat"));
    alice.send(json!({"type": "ping", "requestId": "p"})).await;
    assert_eq!(alice.next("p").await, json!({"type": "pong", "requestId": "p"}));
}

#[tokio::test]
async fn a_token_that_expires_closes_the_connection_and_its_reply_completes() {
    let natter = Natter::start().await;
    // It has ended, but not by more than clocks may differ.
    let token = natter.token("alice", -24).await;
    let mut reading = natter.try_connect(Some(&token), &[]).await.unwrap();
    let reply = reading.script("c", json!({"tokens": 60, "rate": 4})).await;
    reading.first_text(&reply).await;

    let mut asking = natter.try_connect(Some(&token), &[]).await.unwrap();
    let refused = loop {
        let answer = asking.ask("conversations.list", json!({})).await;
        if answer["type"] == "error" {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_eq!(refused["code"], "unauthorized");
    assert_eq!(asking.closed().await, Some(1000), "a client takes another token when it connects again");
    assert_eq!(natter.try_connect(Some(&token), &[]).await.map(drop).unwrap_err().status, 401);

    natter.stack.invoke("SweepFunction", json!({})).await.unwrap();
    assert_eq!(reading.closed().await, Some(1000), "an expired token reads nothing more");
    let mut again = natter.connect("alice").await;
    again.send(json!({"type": "resume", "requestId": "r", "id": "c", "headers": {}, "body": {}})).await;
    let answer = again.answer("r").await;
    assert_eq!((&answer.last["type"], answer.text.split_whitespace().count()), (&json!("end"), 60));
}
