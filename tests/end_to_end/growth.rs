//! What the cost of a turn does not grow with, and what it grows with in proportion. `docs/growth.md` has the figures.

use std::time::Duration;

use futures::future::{join, join_all};
use natter_local::Usage;
use natter_tests::{Client, Events, Natter, NatterBuilder};
use serde_json::{Value, json};

#[tokio::test]
async fn a_turn_costs_the_same_however_long_its_conversation_is() {
    let natter = start().await;
    let mut alice = natter.connect("alice").await;
    let mut after = async |conversation, past| {
        turn(&natter, &mut alice, conversation, SHORT).await;
        natter.put_past("alice", conversation, past).await;
        turn(&natter, &mut alice, conversation, SHORT).await
    };
    // Both are longer than what a turn reads of the past.
    let (short, long) = (after("short", 30).await, after("long", 300).await);
    assert_eq!(short.database_calls(), long.database_calls());
    assert_eq!(short.write_units(), long.write_units());
    assert_eq!(short.messages_out, long.messages_out);
    // Items differ by some digits, and units are of 4 KB.
    assert!((short.read_units() - long.read_units()).abs() <= 1.0, "{short:?} and {long:?}");
    natter.stack.stop().await;
}

#[tokio::test]
async fn a_conversation_is_opened_with_the_same_reads_however_long_it_is() {
    let natter = start().await;
    let mut alice = natter.connect("alice").await;
    let mut opening = async |conversation, past| {
        turn(&natter, &mut alice, conversation, SHORT).await;
        natter.put_past("alice", conversation, past).await;
        natter.stack.reset_meter();
        alice.result("conversations.get", json!({"id": conversation})).await;
        natter.stack.settled().await;
        natter.stack.meter()
    };
    let (short, long) = (opening("short", 60).await, opening("long", 300).await);
    assert_eq!(short.database_calls(), long.database_calls());
    assert!((short.read_units() - long.read_units()).abs() <= 1.0, "{short:?} and {long:?}");
    natter.stack.stop().await;
}

#[tokio::test]
async fn a_turn_costs_the_same_however_many_others_are_connected() {
    let natter = start().await;
    let mut alice = natter.connect("alice").await;
    turn(&natter, &mut alice, "c", SHORT).await;
    let alone = turn(&natter, &mut alice, "c", SHORT).await;
    let users: Vec<String> = (0..20).map(|number| format!("other-{number}")).collect();
    let _others = join_all(users.iter().map(|user| natter.connect(user))).await;
    natter.stack.settled().await;
    let among_others = turn(&natter, &mut alice, "c", SHORT).await;
    assert_eq!(alone.database, among_others.database);
    assert_eq!(alone.messages_out, among_others.messages_out);
    natter.stack.stop().await;
}

#[tokio::test]
async fn a_reply_of_twice_the_length_costs_no_more_than_twice() {
    let natter = start().await;
    let mut alice = natter.connect("alice").await;
    let mut of =
        async |tokens: usize| turn(&natter, &mut alice, "c", &format!(r#"{{"tokens": {tokens}, "rate": 5000}}"#)).await;
    let (once, twice) = (of(6_000).await, of(12_000).await);
    for (counted, once, twice) in [
        ("write units", once.write_units(), twice.write_units()),
        ("calls", once.database_calls() as f64, twice.database_calls() as f64),
        ("frames", once.messages_out as f64, twice.messages_out as f64),
    ] {
        assert!(twice <= 2.2 * once, "{counted}: {once}, and of twice the length {twice}");
    }
    natter.stack.stop().await;
}

#[tokio::test]
async fn a_subscriber_costs_its_frames_and_a_few_calls_to_join() {
    let natter = start().await;
    let mut alice = natter.connect("alice").await;
    let script = r#"{"tokens": 80, "rate": 40, "firstTokenMs": 500}"#;
    turn(&natter, &mut alice, "c", script).await;
    let alone = turn(&natter, &mut alice, "c", script).await;
    let mut tabs = join_all((0..4).map(|_| natter.connect("alice"))).await;
    let following = join_all(tabs.iter_mut().map(Client::follow_next_turn));
    let (together, replies) = join(turn(&natter, &mut alice, "c", script), following).await;
    assert!(replies.iter().all(|reply| reply.text.ends_with("w79")), "{replies:?}");

    let spent = format!("alone {alone:?}, with 4 tabs {together:?}");
    // A notice and a `start` beside what the first tab is sent; and some frames by chance, since text is gathered by the clock.
    assert!(together.messages_out <= 5 * (alone.messages_out + 4), "{spent}");
    assert_eq!(together.messages_in, alone.messages_in + 4, "{spent}");
    // Head, messages, request and subscription for each tab; and a save more or less by chance.
    assert!(together.database_calls() <= alone.database_calls() + 4 * 4 + 1, "{spent}");
    natter.stack.stop().await;
}

#[tokio::test]
async fn a_tab_that_shows_another_conversation_costs_one_frame() {
    let natter = start().await;
    let mut alice = natter.connect("alice").await;
    turn(&natter, &mut alice, "c", SHORT).await;
    let alone = turn(&natter, &mut alice, "c", SHORT).await;
    let _elsewhere = natter.connect("alice").await;
    let together = turn(&natter, &mut alice, "c", SHORT).await;
    assert_eq!(together.messages_out, alone.messages_out + 1);
    assert_eq!(together.database_calls(), alone.database_calls());
    natter.stack.stop().await;
}

#[tokio::test]
async fn joining_a_running_reply_reads_nothing_of_the_history() {
    let natter = start().await;
    let (mut alice, mut phone) = (natter.connect("alice").await, natter.connect("alice").await);
    turn(&natter, &mut alice, "c", SHORT).await;
    natter.put_past("alice", "c", 30).await;
    let request = alice.script("c", json!({"tokens": 60, "rate": 20})).await;
    alice.first_text(&request).await;
    natter.stack.reset_meter();
    phone.follow_next_turn().await;
    // The head of the conversation and the reply. Saves read nothing.
    let read = natter.stack.meter().read_units();
    assert!(read <= 3.0, "{read} read units");
    natter.stack.stop().await;
}

#[tokio::test]
async fn a_sweep_reads_only_the_status_of_a_long_turn() {
    // The sweep looks at turns that have outlived their first lease.
    let natter =
        NatterBuilder::default().environment("TITLES", "words").environment("LEASE_SECONDS", "1").start().await;
    let mut alice = natter.connect("alice").await;
    turn(&natter, &mut alice, "c", SHORT).await;
    natter.put_past("alice", "c", 30).await;
    let nothing = reads_of_a_sweep(&natter).await;
    // It takes longer than this test does.
    let request = alice.script("c", json!({"tokens": 6000, "rate": 15})).await;
    alice.first_text(&request).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let one_turn = reads_of_a_sweep(&natter).await;
    assert!(
        nothing < one_turn && one_turn <= nothing + 3.0,
        "{one_turn} read units, and {nothing} where nothing is due"
    );
    alice.send(json!({"type": "abort", "requestId": request})).await;
    assert_eq!(alice.answer(&request).await.last["type"], "end");
    natter.stack.stop().await;
}

async fn reads_of_a_sweep(natter: &Natter) -> f64 {
    let seen = Events::newest(&natter.stack);
    natter.stack.invoke("SweepFunction", json!({})).await.unwrap();
    let calls = natter.stack.events(seen).into_iter();
    let of_sweep = calls.filter(|call| call["kind"] == "database" && call["function"] == "SweepFunction");
    of_sweep.map(|call| call["readUnits"].as_f64().unwrap()).sum()
}

/// A reply that ends before it is saved on the way, so that each turn's calls are the same.
const SHORT: &str = r#"{"tokens": 5, "rate": 0}"#;

async fn start() -> Natter {
    // Whether several frames come within ten seconds, which are then counted, is a matter of chance.
    NatterBuilder::default()
        .fixed_agent()
        .environment("TITLES", "words")
        .environment("FRAMES_PER_SECOND", "0")
        .start()
        .await
}

// What a turn has used.
async fn turn(natter: &Natter, client: &mut Client, conversation: &str, script: &str) -> Usage {
    natter.stack.settled().await;
    natter.stack.reset_meter();
    let request = client.script(conversation, serde_json::from_str::<Value>(script).unwrap()).await;
    assert_eq!(client.answer(&request).await.last["type"], "end");
    natter.stack.settled().await;
    natter.stack.meter()
}
