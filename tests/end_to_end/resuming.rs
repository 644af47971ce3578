//! A second client, or the first one again, follows a running reply.

use natter_tests::{Client, Natter};
use serde_json::json;

#[tokio::test]
async fn a_resume_gets_the_reply_from_its_beginning_and_then_live() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 60, "rate": 20})).await;
    alice.first_text(&request).await;
    let mut phone = natter.connect("alice").await;
    resume(&mut phone, "r2").await;
    assert_eq!(phone.next("r2").await, json!({"type": "start", "requestId": "r2"}));

    let (first, second) = (alice.answer(&request).await, phone.answer("r2").await);
    assert_eq!(first.text, second.text);
    assert_eq!(first.message_id, second.message_id);
    assert!(second.text.ends_with("w59"));
}

#[tokio::test]
async fn a_client_that_resumed_may_stop_the_turn() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 5000, "rate": 50})).await;
    alice.first_text(&request).await;
    let mut phone = natter.connect("alice").await;
    resume(&mut phone, "r2").await;
    phone.first_text("r2").await;
    phone.send(json!({"type": "abort", "requestId": "r2"})).await;
    let (first, second) = (alice.answer(&request).await, phone.answer("r2").await);
    assert_eq!(first.text, second.text);
    natter.model_call_becomes("dropped").await;
}

#[tokio::test]
async fn there_is_nothing_to_resume_without_a_running_turn() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    resume(&mut alice, "r1").await;
    assert_eq!(alice.next("r1").await, json!({"type": "no-active", "requestId": "r1"}));

    let request = alice.script("c", json!({"tokens": 30, "rate": 20})).await;
    alice.first_text(&request).await;
    let mut bob = natter.connect("bob").await;
    resume(&mut bob, "r1").await;
    assert_eq!(bob.next("r1").await["type"], "no-active");
    alice.answer(&request).await;
    // A resume before the end is marked as delivered gets it again.
    natter.stack.settled().await;
    resume(&mut alice, "r3").await;
    assert_eq!(alice.next("r3").await["type"], "no-active");
}

async fn resume(client: &mut Client, request: &str) {
    client.send(json!({"type": "resume", "requestId": request, "id": "c", "headers": {}, "body": {}})).await;
}
