//! All that functions do, once.

use std::time::Duration;

use natter_local::Moment;
use natter_tests::{Client, Natter, Table};
use serde_json::json;

/// How often a sweep is tried until it has done what it is there for, and the pause between two.
const MAX_SWEEPS: usize = 15;
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How often a deletion is tried to be interrupted in its midst.
const DELETIONS: usize = 12;

/// Lets every function do what it can.
pub async fn play(natter: &Natter, connections_per_user: usize) {
    turns(natter).await;
    operations(natter).await;
    lost_connections(natter).await;
    a_function_that_dies_in_a_turn(natter).await;
    a_message_behind_a_function_that_died(natter).await;
    a_function_that_dies_in_a_deletion(natter).await;
    a_token_that_ends(natter).await;
    a_user_at_the_limit(natter, connections_per_user).await;
    a_ticket(natter).await;
}

async fn turns(natter: &Natter) {
    let (mut alice, mut phone) = (natter.connect("alice").await, natter.connect("alice").await);
    for _ in 0..2 {
        let long = alice.script("long", json!({"tokens": 4000, "rate": 0})).await;
        alice.answer(&long).await;
    }
    let running = alice.script("c", json!({"tokens": 5000, "rate": 50})).await;
    alice.first_text(&running).await;
    phone.send(json!({"type": "resume", "requestId": "r", "id": "c", "headers": {}, "body": {}})).await;
    phone.first_text("r").await;
    phone.send(json!({"type": "abort", "requestId": "r"})).await;
    alice.answer(&running).await;
    for _ in 0..2 {
        let said_twice = alice.say_as("m", "c", "Once.").await;
        alice.answer(&said_twice).await;
    }
    alice.send(json!({"type": "text-part", "requestId": "in-parts", "index": 0, "text": "One and "})).await;
    alice
        .send(json!({
            "type": "send", "requestId": "in-parts", "id": "c", "trigger": "submit-message",
            "messages": [{"id": "long", "role": "user", "parts": [{"type": "text", "text": "two."}]}],
            "headers": {}, "body": {"textParts": 1},
        }))
        .await;
    alice.answer("in-parts").await;
    natter.stack.settled().await;
}

async fn operations(natter: &Natter) {
    let mut alice = natter.connect("alice").await;
    let read = alice.result("conversations.get", json!({"id": "c"})).await;
    let reply = read["messages"].as_array().unwrap().last().unwrap()["id"].clone();
    for (operation, fields) in [
        ("conversations.list", json!({})),
        ("conversations.get", json!({"id": "long"})),
        ("conversations.search", json!({"query": "w3999"})),
        ("conversations.export", json!({"id": "long", "format": "markdown"})),
        ("conversations.rename", json!({"id": "c", "title": "Renamed"})),
        ("messages.feedback", json!({"id": "c", "messageId": reply, "rating": "up"})),
        ("server.describe", json!({})),
        ("conversations.delete", json!({"id": "long"})),
    ] {
        alice.result(operation, fields).await;
    }
    natter.stack.settled().await;
    alice.vanish().await;
}

/// A post that finds no client has its function forget the connection.
async fn lost_connections(natter: &Natter) {
    let mut alice = natter.connect("alice").await;
    natter.stack.set_faults("post410:1,disconnect:1,seed=1").unwrap();
    alice.say("lost", "Is anybody there?").await;
    alice.closed().await;
    natter.stack.settled().await;
    natter.stack.clear_faults();

    let token = natter.token("alice", 60).await;
    let _ending = natter.try_connect(Some(&token), &[]).await.unwrap();
    natter.stack.settled().await;
    natter.stack.set_faults("post410:1,disconnect:1,seed=1").unwrap();
    sweep(natter).await;
    natter.stack.clear_faults();
}

async fn a_ticket(natter: &Natter) {
    let (_, answer) = natter.ticket(&natter.token("alice", 60).await, &[]).await;
    let alice = natter.try_ticket(answer["ticket"].as_str().unwrap(), &[]).await.unwrap();
    alice.vanish().await;
    natter.stack.settled().await;
}

/// A connection is closed when its token has ended, by more than clocks may differ: by whom it asks for something, or by the sweep.
async fn a_token_that_ends(natter: &Natter) {
    let token = natter.token("alice", -26).await;
    let mut alice = natter.try_connect(Some(&token), &[]).await.unwrap();
    while alice.ask("server.describe", json!({})).await["type"] == "result" {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    alice.closed().await;
    let mut silent = natter.try_connect(Some(&natter.token("alice", -26).await), &[]).await.unwrap();
    sweep_until(natter, async || tokio::time::timeout(POLL_INTERVAL, silent.closed()).await.is_ok()).await;
}

/// All places that a user has for connections are taken by some that are lost.
async fn a_user_at_the_limit(natter: &Natter, most: usize) {
    natter.put_lost_connections("carol", most).await;
    natter.connect("carol").await.close().await;
    natter.stack.settled().await;
}

async fn a_function_that_dies_in_a_turn(natter: &Natter) {
    let mut alice = natter.connect("alice").await;
    // Long enough for a reply that the sweep writes in several segments.
    let request = alice.script("killed", json!({"tokens": 1500, "rate": 500})).await;
    alice.first_text(&request).await;
    natter.stack.kill_environments("MessageFunction").await;
    sweep_until(natter, async || Table::read(natter).await.streaming().is_empty()).await;
}

/// The message closes the turn that was left behind, once its lease has run out.
async fn a_message_behind_a_function_that_died(natter: &Natter) {
    let mut alice = natter.connect("alice").await;
    let request = alice.script("left", json!({"tokens": 1500, "rate": 50})).await;
    alice.first_text(&request).await;
    natter.stack.kill_environments("MessageFunction").await;
    for _ in 0..MAX_SWEEPS {
        let next = alice.say("left", "Are you there?").await;
        if alice.answer(&next).await.last["type"] == "end" {
            return natter.stack.settled().await;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    panic!("the turn that was left behind is still in the way");
}

async fn a_function_that_dies_in_a_deletion(natter: &Natter) {
    let mut alice = natter.connect("alice").await;
    with_a_conversation(&mut alice, natter, "first").await;
    let calls = natter.stack.count_calls(&["MessageFunction"]);
    alice.result("conversations.delete", json!({"id": "first"})).await;
    natter.stack.settled().await;
    let removal =
        calls.names().iter().position(|call| call == "dynamodb BatchWriteItem").expect("messages are removed");

    // A deletion also notifies the user's other connections, concurrently: so its first batch has not always the same number.
    for attempt in 0..DELETIONS {
        let conversation = format!("deleted-{attempt}");
        with_a_conversation(&mut alice, natter, &conversation).await;
        // Notices to other connections come before it or after it.
        natter.stack.kill_at(&["MessageFunction"], removal + attempt % 3, Moment::Before);
        alice.result("conversations.delete", json!({"id": conversation})).await;
        natter.stack.settled().await;
        let messages = format!("USER#alice#CONV#{conversation}");
        if Table::items_of(natter, &messages).await > 0 {
            return sweep_until(natter, async || Table::items_of(natter, &messages).await == 0).await;
        }
    }
    panic!("{DELETIONS} deletions were not interrupted");
}

async fn with_a_conversation(alice: &mut Client, natter: &Natter, conversation: &str) {
    let request = alice.script(conversation, json!({"tokens": 5, "rate": 0})).await;
    alice.answer(&request).await;
    natter.stack.settled().await;
}

async fn sweep_until(natter: &Natter, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..MAX_SWEEPS {
        if done().await {
            return;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        sweep(natter).await;
    }
    panic!("{MAX_SWEEPS} sweeps did not do it");
}

async fn sweep(natter: &Natter) {
    natter.stack.invoke("SweepFunction", json!({})).await.unwrap();
    natter.stack.settled().await;
}
