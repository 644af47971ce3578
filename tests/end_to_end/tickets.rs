//! Tickets: good for one connection, in place of a token in the address.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use natter_tests::{Client, Natter, NatterBuilder};
use serde_json::json;

async fn natter() -> Natter {
    NatterBuilder::default()
        .parameter("Tickets", "true")
        .environment("ALLOWED_ORIGINS", "https://chat.example.org")
        .start()
        .await
}

async fn ticket(natter: &Natter) -> String {
    let (status, answer) = natter.ticket(&natter.token("alice", 60).await, &[]).await;
    assert_eq!(status, 200, "{answer}");
    answer["ticket"].as_str().unwrap().to_owned()
}

async fn works(client: &mut Client) {
    let request = client.script("c", json!({"text": "Yes."})).await;
    assert_eq!(client.answer(&request).await.text, "Yes.");
}

#[tokio::test]
async fn a_ticket_opens_exactly_one_connection_as_its_user() {
    let natter = natter().await;
    let ticket = ticket(&natter).await;
    works(&mut natter.try_ticket(&ticket, &[]).await.unwrap()).await;
    assert_eq!(natter.try_ticket(&ticket, &[]).await.map(drop).unwrap_err().status, 401);

    let listed = natter.connect("alice").await.result("conversations.list", json!({})).await;
    assert_eq!(listed["conversations"].as_array().unwrap().len(), 1, "it was alice who spoke");
}

#[tokio::test]
async fn of_concurrent_uses_of_a_ticket_one_succeeds() {
    let natter = natter().await;
    let ticket = ticket(&natter).await;
    let attempts = (0..8).map(|_| natter.try_ticket(&ticket, &[]));
    let outcomes = futures::future::join_all(attempts).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(|refusal| refusal.status == 401));
}

#[tokio::test]
async fn a_ticket_may_come_as_a_subprotocol() {
    let natter = natter().await;
    let offered = format!("chat, ticket.{}", ticket(&natter).await);
    let mut alice = natter.try_connect(None, &[("sec-websocket-protocol", &offered)]).await.unwrap();
    assert_eq!(alice.subprotocol.as_deref(), Some("chat"));
    works(&mut alice).await;
}

#[tokio::test]
async fn a_ticket_is_issued_for_a_valid_token_and_an_allowed_origin_only() {
    let natter = natter().await;
    let (good, expired) = (natter.token("alice", 60).await, natter.token("alice", -120).await);
    for token in [expired.as_str(), "nonsense", ""] {
        assert_eq!(natter.ticket(token, &[]).await.0, 401, "{token}");
    }
    assert_eq!(natter.ticket(&good, &[("origin", "https://evil.example.com")]).await.0, 403);
    let (status, answer) = natter.ticket(&good, &[("origin", "https://chat.example.org")]).await;
    let ticket = answer["ticket"].as_str().unwrap();
    assert_eq!(status, 200);

    let from = async |origin| natter.try_ticket(ticket, &[("origin", origin)]).await.map(drop);
    assert_eq!(from("https://evil.example.com").await.unwrap_err().status, 403);
}

#[tokio::test]
async fn a_ticket_expires_with_its_token_at_the_latest() {
    let natter = natter().await;
    // It has ended, but not by more than clocks may differ.
    let (status, answer) = natter.ticket(&natter.token("alice", -20).await, &[]).await;
    assert_eq!(status, 200, "{answer}");
    let end = UNIX_EPOCH + Duration::from_secs(answer["expiresAt"].as_u64().unwrap() + 1);
    let left = end.duration_since(SystemTime::now()).unwrap_or_default();
    assert!(left < Duration::from_secs(20), "sooner than a ticket by itself");
    tokio::time::sleep(left).await;
    let used = natter.try_ticket(answer["ticket"].as_str().unwrap(), &[]).await;
    assert_eq!(used.map(drop).unwrap_err().status, 401);
}

#[tokio::test]
async fn an_invalid_ticket_is_rejected_and_all_are_without_the_parameter() {
    let with = natter().await;
    for made_up in ["x", &"A".repeat(43), &"A".repeat(5000)] {
        assert_eq!(with.try_ticket(made_up, &[]).await.map(drop).unwrap_err().status, 401, "{made_up:.50}");
    }
    let without = Natter::start().await;
    assert_eq!(without.try_ticket(&"A".repeat(43), &[]).await.map(drop).unwrap_err().status, 401);
    let calls = without.stack.permissions_needed();
    assert!(!calls.contains_key("AuthorizeFunction"), "the authorizer asks no database: {calls:?}");
}
