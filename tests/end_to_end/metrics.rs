//! What the functions count and log, as the developer sees it.

use natter_tests::Natter;
use serde_json::{Value, json};

#[tokio::test]
async fn the_metrics_of_a_turn_match_what_its_client_received() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 60, "rate": 100})).await;
    let answer = alice.answer(&request).await;

    assert_eq!(natter.metric("Turns", Some("complete")).await.sum, 1.0);
    assert_eq!(natter.metric("Posts", None).await.sum, answer.frames as f64);
    assert_eq!(natter.metric("TimeToFirstToken", None).await.unit, "Milliseconds");
    assert_eq!(natter.metric("ColdStarts", Some("MessageFunction")).await.sum, 1.0);
}

#[tokio::test]
async fn a_rejected_request_is_counted_by_its_code() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    alice.send(json!({"type": "unheard-of", "requestId": "r"})).await;
    alice.next("r").await;
    assert_eq!(natter.metric("RefusedRequests", Some("invalid_frame")).await.sum, 1.0);
}

#[tokio::test]
async fn the_line_of_a_turn_has_all_ids_after_the_response() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"text": "Done."})).await;
    let answer = alice.answer(&request).await;
    natter.metric("Turns", Some("complete")).await;

    let logged = natter.logged("the turn has ended");
    let [(line, entry)] = logged.as_slice() else { panic!("one line a turn: {logged:?}") };
    assert_eq!((&line["conversation"], &line["turn"]), (&json!("c"), &json!(answer.message_id)));
    assert_eq!(line["request"], Value::String(request));
    assert_eq!(line["requestId"], entry["request"]);
    assert!(line["connection"].is_string() && line["xrayTraceId"].is_string(), "{line}");
}
