//! What conversations are called.

use natter_tests::{Natter, NatterBuilder};
use serde_json::json;

#[tokio::test]
async fn a_new_conversation_is_titled_with_its_first_words() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.say("c", "What is\n a tree?").await;
    alice.first_text(&request).await;
    let listed = alice.result("conversations.list", json!({})).await;
    assert_eq!(listed["conversations"][0]["title"], "What is a tree?");
    alice.answer(&request).await;
    natter.stack.settled().await;
    assert_eq!(natter.model_calls().await.len(), 1, "no call for the title");
}

#[tokio::test]
async fn the_model_titles_a_conversation_and_every_device_is_notified() {
    let natter = NatterBuilder::default().environment("TITLES", "model").start().await;
    let (mut alice, mut phone) = (natter.connect("alice").await, natter.connect("alice").await);
    let request = alice.say("c", "What is a tree?").await;
    alice.answer(&request).await;
    let title = phone.notice("title-changed").await["title"].clone();
    assert_eq!(alice.notice("title-changed").await["title"], title);
    let listed = alice.result("conversations.list", json!({})).await;
    assert_eq!(listed["conversations"][0]["title"], title);
    let asked = natter.model_calls().await.pop().unwrap();
    assert!(asked["messages"].to_string().contains("What is a tree?"), "{asked}");
}
