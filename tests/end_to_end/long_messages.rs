//! Messages that are longer than a frame: their text is sent in parts, ahead of the frame that ends it.

use natter_local::Moment;
use natter_tests::{Client, Natter, Table};
use serde_json::{Value, json};

#[tokio::test]
async fn a_text_longer_than_a_frame_is_sent_in_parts_and_stored_once() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let text = long_script("Read.");
    let request = say_long(&mut alice, "m1", &text, 7).await;
    assert_eq!(alice.answer(&request).await.text, "Read.");
    natter.stack.settled().await;
    assert_eq!(Table::read(&natter).await.text_parts, 0, "the parts are removed");

    let messages = alice.check_whole(&Table::read(&natter).await, "alice", "c").await;
    assert_eq!(messages.len(), 2);
    let hits = alice.all_hits("The very END").await;
    assert!(hits.iter().any(|hit| hit["messageId"] == messages[0]["id"]), "{hits:?}");
}

#[tokio::test]
async fn a_long_message_resent_after_a_lost_connection_is_stored_once() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let text = long_script("Once.");
    let request = say_long(&mut alice, "m1", &text, 7).await;
    alice.first_text(&request).await;
    alice.vanish().await;
    natter.model_call_becomes("finished").await;
    natter.stack.settled().await;
    let mut alice = natter.connect("alice").await;
    let request = say_long(&mut alice, "m1", &text, 7).await;
    assert_eq!(alice.answer(&request).await.text, "Once.");
    assert_eq!(alice.check_whole(&Table::read(&natter).await, "alice", "c").await.len(), 2);
    assert_eq!(natter.model_calls().await.len(), 1);
}

#[tokio::test]
async fn a_text_part_whose_function_is_killed_is_reported_missing_and_resent() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let parts = ["One, ", "two, "];
    // The second call stores the part.
    natter.stack.kill_at(&["MessageFunction"], 2, Moment::Before);
    alice.send(part("r1", 0, parts[0])).await;
    natter.stack.settled().await;
    alice.send(part("r1", 1, parts[1])).await;
    alice.send(ending("r1", "m1", "three.", 2)).await;
    assert_eq!(alice.answer("r1").await.last["details"]["field"], "body.textParts");

    for (index, text) in parts.iter().enumerate() {
        alice.send(part("r2", index, text)).await;
    }
    alice.send(ending("r2", "m1", "three.", 2)).await;
    assert_eq!(alice.answer("r2").await.last["type"], "end");
    natter.stack.settled().await;
    let messages = alice.check_whole(&Table::read(&natter).await, "alice", "c").await;
    assert_eq!((messages.len(), &messages[0]["parts"][0]["text"]), (2, &json!("One, two, three.")));
}

#[tokio::test]
async fn a_text_that_lacks_a_part_or_is_too_long_is_rejected_and_not_stored() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    alice.send(part("r1", 0, "The beginning")).await;
    alice.send(ending("r1", "m1", " and the end", 2)).await;
    let missing = alice.answer("r1").await.last;
    assert_eq!((&missing["code"], &missing["details"]["field"]), (&json!("invalid_frame"), &json!("body.textParts")));

    let too_long = say_long(&mut alice, "m2", &"x".repeat(262_145), 9).await;
    let refused = alice.answer(&too_long).await.last;
    assert_eq!((&refused["code"], &refused["details"]["limit"]), (&json!("message_too_large"), &json!(262_144)));

    alice.send(part("r3", 20, "Too many")).await;
    assert_eq!(alice.answer("r3").await.last["details"]["field"], "index");
    natter.stack.settled().await;
    assert!(Table::read(&natter).await.messages.is_empty() && natter.model_calls().await.is_empty());
}

/// 200 KB, to which the model answers with `reply`.
fn long_script(reply: &str) -> String {
    let end = "This is the very end.";
    let script = json!({"text": reply, "body": {"unread": format!("{}{end}", "some words\n".repeat(18_000))}});
    format!("script:{script}")
}

/// Sends a message in this many parts and the last frame, without waiting between. Returns the request.
async fn say_long(alice: &mut Client, message: &str, text: &str, parts: usize) -> String {
    let request = uuid::Uuid::new_v4().to_string();
    let bytes = text.len().div_ceil(parts + 1);
    for index in 0..parts {
        alice.send(part(&request, index, &text[index * bytes..(index + 1) * bytes])).await;
    }
    alice.send(ending(&request, message, &text[parts * bytes..], parts)).await;
    request
}

fn part(request: &str, index: usize, text: &str) -> Value {
    json!({"type": "text-part", "requestId": request, "index": index, "text": text})
}

fn ending(request: &str, message: &str, rest: &str, text_parts: usize) -> Value {
    json!({
        "type": "send", "requestId": request, "id": "c", "trigger": "submit-message",
        "messages": [{"id": message, "role": "user", "parts": [{"type": "text", "text": rest}]}],
        "headers": {}, "body": {"textParts": text_parts},
    })
}
