//! Conversations searched, exported and rated.

use natter_tests::Natter;
use serde_json::json;

#[tokio::test]
async fn a_message_is_found_again_and_only_by_its_user() {
    let natter = Natter::start().await;
    let (mut alice, mut bob) = (natter.connect("alice").await, natter.connect("bob").await);
    let request = alice.script("c", json!({"text": "The key is under the flower pot."})).await;
    let answer = alice.answer(&request).await;
    let found = alice.result("conversations.search", json!({"query": "FLOWER Pot"})).await;
    let of_reply = found["hits"].as_array().unwrap().iter().find(|hit| hit["messageId"] == answer.message_id);
    assert_eq!(of_reply.unwrap()["snippet"], "The key is under the flower pot.");
    assert_eq!(bob.result("conversations.search", json!({"query": "flower"})).await, json!({"hits": []}));
    for (query, limit) in [(" ".to_owned(), 1), ("x".repeat(201), 1), ("x".to_owned(), 0)] {
        let refused = alice.ask("conversations.search", json!({"query": query, "limit": limit})).await;
        assert_eq!(refused["code"], "invalid_frame");
    }
}

#[tokio::test]
async fn a_conversation_is_exported_as_a_file() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"text": "Hello."})).await;
    alice.answer(&request).await;
    alice.result("conversations.rename", json!({"id": "c", "title": "A/B"})).await;
    let markdown = alice.result("conversations.export", json!({"id": "c", "format": "markdown"})).await;
    assert_eq!((&markdown["fileName"], &markdown["mediaType"]), (&json!("A-B.md"), &json!("text/markdown")));
    let text = markdown["text"].as_str().unwrap();
    assert!(text.starts_with("# A/B\n\n## You\n\nscript:") && text.ends_with("\n## Reply\n\nHello.\n"), "{text}");
    let json = alice.result("conversations.export", json!({"id": "c", "format": "json"})).await;
    let file: serde_json::Value = serde_json::from_str(json["text"].as_str().unwrap()).unwrap();
    let read = alice.result("conversations.get", json!({"id": "c"})).await;
    assert_eq!(file["messages"], read["messages"]);
}

#[tokio::test]
async fn feedback_is_stored_with_the_message() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"text": "Hello."})).await;
    let message = alice.answer(&request).await.message_id;
    let feedback = json!({"id": "c", "messageId": message, "rating": "down", "comment": "Too short."});
    assert_eq!(alice.result("messages.feedback", feedback).await, json!({}));
    let read = alice.result("conversations.get", json!({"id": "c"})).await;
    assert_eq!(read["messages"][1]["metadata"]["feedback"], "down");
}
