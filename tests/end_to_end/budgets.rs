//! The budgets of a turn: calls, units and frames. They determine its cost and its latency.
//!
//! A number that changes here changes the price in the README's table.

use std::time::Duration;

use natter_local::Latencies;
use natter_tests::{Events, Natter, NatterBuilder, at, started_at};
use serde_json::{Value, json};

/// 200 tokens at 50 a second, as in the README's table.
const REPLY: &str = r#"{"tokens": 200, "rate": 50, "firstTokenMs": 300}"#;

/// How long it takes to be written.
const REPLY_MILLIS: usize = 4_200;

#[tokio::test]
async fn there_is_one_database_round_trip_before_the_model_call() {
    // So far away that calls which do not wait for each other are under way together, however busy the machine is.
    let far = Latencies { database: Duration::from_millis(100), ..Latencies::default() };
    let (natter, events) = second_turn(NatterBuilder::default().measured(far), r#"{"tokens": 5}"#).await;
    let asked = started_at(events.of("model").next().unwrap());
    let waits: Vec<(f64, f64)> = events
        .of("database")
        .map(|call| (started_at(call), at(call)))
        .filter(|(_, answered)| *answered <= asked)
        .collect();
    let one_wait = waits.iter().all(|(from, _)| waits.iter().all(|(_, to)| from <= to));
    assert!(!waits.is_empty() && one_wait, "calls one after the other: {waits:?}");
    natter.stack.stop().await;
}

#[tokio::test]
async fn the_agents_are_looked_up_in_that_round_trip_once_in_a_process() {
    let far = Latencies { database: Duration::from_millis(100), ..Latencies::default() };
    let natter = NatterBuilder::default().measured(far).environment("TITLES", "words").start().await;
    let mut alice = natter.connect("alice").await;
    natter.stack.settled().await;
    let mut calls = Vec::new();
    for _ in 0..2 {
        let seen = Events::newest(&natter.stack);
        let request = alice.script("c", json!({"tokens": 5, "rate": 0})).await;
        assert_eq!(alice.answer(&request).await.last["type"], "end");
        natter.stack.settled().await;
        let events = Events::after(&natter.stack, seen);
        let asked = started_at(events.of("model").next().unwrap());
        let before = events.of("database").filter(|call| at(call) <= asked);
        calls.push(before.map(|call| (started_at(call), at(call))).collect::<Vec<_>>());
    }
    let (first, second) = (&calls[0], &calls[1]);
    assert!(first.iter().all(|(from, _)| first.iter().all(|(_, to)| from <= to)), "one after the other: {first:?}");
    assert!(second.len() < first.len(), "{first:?}, {second:?}");
    natter.stack.stop().await;
}

#[tokio::test]
async fn the_frames_before_the_text_are_posted_while_the_model_thinks() {
    let (natter, events) = turn_in_a_conversation(r#"{"tokens": 5, "firstTokenMs": 500}"#).await;
    let number = |event: &Value| event["sequence"].as_u64().unwrap();
    let first_word = events.of("modelStream").find(|event| event["ended"] == false).map(number).unwrap();
    let before = events.of("frameOut").filter(|frame| number(frame) < first_word);
    let opening: Vec<_> = before.map(|frame| chunk(frame)["type"].clone()).collect();
    assert_eq!(opening, ["start", "text-start"]);
    natter.stack.stop().await;
}

#[tokio::test]
async fn a_turn_of_200_tokens_keeps_its_budget() {
    let (natter, events) = turn_in_a_conversation(REPLY).await;
    let frames = events.of("frameOut").count();
    let calls = events.of("database").count();
    let sum = |field: &str| events.of("database").map(|call| call[field].as_f64().unwrap()).sum::<f64>();
    let (read_units, write_units) = (sum("readUnits"), sum("writeUnits"));
    // A reply that a busy machine writes for longer than the four seconds of its script is posted and saved more often.
    let later = events.writing_millis().saturating_sub(REPLY_MILLIS);
    let (more_posts, more_saves) = (later / 80, later / 500);
    let spent =
        format!("{frames} frames, {calls} calls, {read_units} read units, {write_units} write units, {later} ms late");
    assert!(frames <= 60 + more_posts, "{spent}");
    assert!(calls <= 16 + more_saves, "{spent}");
    assert!(read_units <= 4.5, "{spent}");
    assert!(write_units <= 32.0 + 2.0 * more_saves as f64, "{spent}");
    natter.stack.stop().await;
}

#[tokio::test]
async fn posts_are_sent_one_at_a_time_for_any_model_speed() {
    let (natter, events) = turn_in_a_conversation(r#"{"tokens": 3000, "rate": 0}"#).await;
    let posts: Vec<(f64, f64)> = events.of("management").map(|post| (started_at(post), at(post))).collect();
    assert!(posts.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{posts:?}");
    // What is not text, and then no more than one for each time that text is gathered.
    let gathered = (posts[posts.len() - 1].1 - posts[0].0) / 80.0;
    assert!(posts.len() as f64 <= 7.0 + gathered, "{} posts in {gathered} times", posts.len());
    natter.stack.stop().await;
}

// The second turn of a conversation, with the limits of a deployment that has left them as they are.
async fn turn_in_a_conversation(script: &str) -> (Natter, Events) {
    second_turn(NatterBuilder::default(), script).await
}

async fn second_turn(builder: NatterBuilder, script: &str) -> (Natter, Events) {
    let natter = builder
        .fixed_agent()
        .environment("TITLES", "words")
        .environment("MESSAGES_PER_MINUTE", "20")
        .environment("CONCURRENT_TURNS", "4")
        .start()
        .await;
    let mut alice = natter.connect("alice").await;
    let request = alice.say("c", "Hello!").await;
    alice.answer(&request).await;
    natter.stack.settled().await;
    let seen = Events::newest(&natter.stack);

    let request = alice.script("c", serde_json::from_str(script).unwrap_or(json!({}))).await;
    assert_eq!(alice.answer(&request).await.last["type"], "end");
    natter.stack.settled().await;
    let events = Events::after(&natter.stack, seen);
    (natter, events)
}

fn chunk(frame: &Value) -> Value {
    serde_json::from_str::<Value>(frame["body"]["text"].as_str().unwrap()).unwrap()["chunk"].take()
}
