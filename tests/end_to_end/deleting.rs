//! Conversations deleted.

use natter_tests::{Natter, Table};
use serde_json::json;

#[tokio::test]
async fn a_deleted_conversation_is_purged_completely() {
    let natter = Natter::start().await;
    let (mut alice, mut phone) = (natter.connect("alice").await, natter.connect("alice").await);
    for conversation in ["c", "c", "other"] {
        let request = alice.script(conversation, json!({"tokens": 4000, "rate": 0})).await;
        alice.answer(&request).await;
    }
    for _ in 0..2 {
        assert_eq!(alice.result("conversations.delete", json!({"id": "c"})).await, json!({}));
    }
    let listed = alice.result("conversations.list", json!({})).await;
    assert_eq!(listed["conversations"].as_array().unwrap().len(), 1);
    for operation in ["conversations.get", "conversations.rename"] {
        let answer = alice.ask(operation, json!({"id": "c", "title": "Still there?"})).await;
        assert_eq!(answer["code"], "not_found", "{operation}");
    }
    assert_eq!(phone.notice("conversation-deleted").await["id"], "c");
    let late = phone.say("c", "Hello?").await;
    let refused = phone.answer(&late).await.last;
    assert_eq!(
        (&refused["code"], &refused["errorText"]),
        (&json!("not_found"), &json!("This conversation was deleted."))
    );
    phone.send(json!({"type": "resume", "requestId": "r", "id": "c", "headers": {}, "body": {}})).await;
    assert_eq!(phone.next("r").await["type"], "no-active");

    natter.stack.settled().await;
    assert_eq!(Table::items_of(&natter, "USER#alice#CONV#c").await, 0);
    assert!(Table::items_of(&natter, "USER#alice#CONV#other").await > 2);
}

#[tokio::test]
async fn deleting_a_conversation_stops_its_running_reply_and_notifies_the_client() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 400, "rate": 20})).await;
    alice.first_text(&request).await;
    alice.result("conversations.delete", json!({"id": "c"})).await;
    assert_eq!(alice.answer(&request).await.last["type"], "end");
    natter.model_call_becomes("dropped").await;
    assert_eq!(alice.ask("conversations.get", json!({"id": "c"})).await["code"], "not_found");
}
