//! What one user may do.

use std::time::Duration;

use futures::future::join_all;
use natter_tests::{Natter, NatterBuilder};
use serde_json::json;

#[tokio::test]
async fn a_rate_limited_user_gets_retry_after_and_is_then_answered() {
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

    natter.advance_allowance("alice", pause).await;
    let request = alice.script("three", json!({"text": "At last."})).await;
    assert_eq!(alice.answer(&request).await.text, "At last.");
}

#[tokio::test]
async fn a_turn_beyond_the_concurrency_limit_is_rejected_until_one_ends() {
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
async fn a_connection_beyond_the_limit_is_rejected_with_429_until_one_closes() {
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
async fn of_connections_opened_at_once_exactly_the_limit_is_accepted() {
    let natter = NatterBuilder::default().environment("CONNECTIONS_PER_USER", "3").start().await;
    let token = natter.token("alice", 60).await;
    let opened = join_all((0..25).map(|_| natter.try_connect(Some(&token), &[]))).await;
    let (accepted, refused): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    assert_eq!(accepted.len(), 3);
    assert!(refused.iter().all(|refused| refused.as_ref().is_err_and(|refusal| refusal.status == 429)));
}

#[tokio::test]
async fn slots_of_unnoticed_lost_connections_are_reclaimed() {
    let natter = NatterBuilder::default().environment("CONNECTIONS_PER_USER", "2").start().await;
    natter.put_lost_connections("alice", 2).await;
    let token = natter.token("alice", 60).await;
    let _one = natter.try_connect(Some(&token), &[]).await.unwrap();
    let _two = natter.try_connect(Some(&token), &[]).await.unwrap();
    assert_eq!(natter.try_connect(Some(&token), &[]).await.map(drop).unwrap_err().status, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flooding_connection_is_closed_and_its_user_may_reconnect() {
    let builder = NatterBuilder::default().parameter("MessageConcurrency", "8");
    let natter = builder.environment("FRAMES_PER_SECOND", "1").start().await;
    let mut flooding = natter.connect("alice").await;
    let code = flooding.flood(json!({"type": "ping", "requestId": "p"})).await;
    assert_eq!(code, Some(1000));
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"text": "Yes."})).await;
    assert_eq!(alice.answer(&request).await.text, "Yes.");
}

#[tokio::test]
async fn the_frames_of_a_page_that_opens_twenty_conversations_are_answered() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let mut requests = Vec::new();
    for conversation in 0..20 {
        for kind in ["conversations.list", "conversations.get", "resume", "server.describe", "ping"] {
            let request = format!("{kind}-{conversation}");
            let id = format!("c{conversation}");
            alice.send(json!({"type": kind, "requestId": request, "id": id, "headers": {}, "body": {}})).await;
            requests.push(request);
        }
    }
    for request in requests {
        assert!(alice.next(&request).await["type"].is_string());
    }
}

#[tokio::test]
async fn a_stack_with_default_settings_has_no_limits() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    for _ in 0..25 {
        let request = alice.script("c", json!({"text": "Yes."})).await;
        assert_eq!(alice.answer(&request).await.last["type"], "end");
    }
}
