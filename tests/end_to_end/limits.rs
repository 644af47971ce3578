//! What one user may do.

use std::time::Duration;

use natter_tests::{Natter, NatterBuilder};
use serde_json::json;

#[tokio::test]
async fn who_sends_too_fast_is_told_when_to_send_again_and_then_is_answered() {
    let natter = NatterBuilder::default().environment("MESSAGES_PER_MINUTE", "2").start().await;
    let mut alice = natter.connect("alice").await;
    for conversation in ["one", "two"] {
        let request = alice.script(conversation, json!({"text": "Yes."})).await;
        assert_eq!(alice.answer(&request).await.text, "Yes.");
    }
    let request = alice.script("three", json!({"text": "No."})).await;
    let refused = alice.answer(&request).await.last;
    assert_eq!((&refused["code"], &refused["details"]["limit"]), (&json!("rate_limited"), &json!(2)));
    let pause = refused["retryAfterMs"].as_u64().unwrap();
    assert!(pause <= 30_000, "each of two messages comes back in half a minute: {pause}");

    natter.time_passes_for_the_allowance_of("alice", pause).await;
    let request = alice.script("three", json!({"text": "At last."})).await;
    assert_eq!(alice.answer(&request).await.text, "At last.");
}

#[tokio::test]
async fn more_replies_at_a_time_than_allowed_are_refused_until_one_has_ended() {
    let natter = NatterBuilder::default().environment("CONCURRENT_TURNS", "1").start().await;
    let mut alice = natter.connect("alice").await;
    let running = alice.script("one", json!({"tokens": 1000, "rate": 50})).await;
    alice.first_text(&running).await;
    let refused = alice.script("two", json!({"text": "No."})).await;
    assert_eq!(alice.answer(&refused).await.last["details"]["kind"], "concurrentTurns");

    alice.send(json!({"type": "abort", "requestId": running})).await;
    alice.answer(&running).await;
    natter.stack.settled().await;
    let request = alice.script("two", json!({"text": "At last."})).await;
    assert_eq!(alice.answer(&request).await.text, "At last.");
}

#[tokio::test]
async fn more_connections_than_allowed_are_refused_with_429_until_one_is_closed() {
    let natter = NatterBuilder::default().environment("CONNECTIONS_PER_USER", "1").start().await;
    let token = natter.token("alice", 60).await;
    let first = natter.try_connect(Some(&token), &[]).await.unwrap();
    assert_eq!(natter.try_connect(Some(&token), &[]).await.map(drop).unwrap_err().status, 429);
    natter.connect("bob").await;

    first.vanish().await;
    let accepted = async {
        while natter.try_connect(Some(&token), &[]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), accepted).await.expect("there is room for another");
}

#[tokio::test]
async fn a_stack_as_it_is_started_limits_nobody() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    for _ in 0..25 {
        let request = alice.script("c", json!({"text": "Yes."})).await;
        assert_eq!(alice.answer(&request).await.last["type"], "end");
    }
}
