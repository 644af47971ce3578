//! The deletion of a conversation, with the function killed at each call that it makes.

use std::time::Duration;

use futures::StreamExt;
use natter_local::Moment;
use natter_tests::{Client, Natter, Table};
use serde_json::{Value, json};

use super::{CONCURRENCY, FUNCTIONS, expect, natter};

/// Timeout of an answer that a killed function cannot give.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How often the sweep runs here. What is left of a conversation is due for it after three leases.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3);
/// After this many, the test fails.
const MAX_SWEEPS: usize = 15;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_deleted_completely_wherever_a_function_dies() {
    let calls = {
        let (natter, mut alice) = with_a_conversation().await;
        let calls = natter.stack.count_calls(&FUNCTIONS);
        alice.result("conversations.delete", json!({"id": "c"})).await;
        natter.stack.settled().await;
        calls.names()
    };
    let kills = (1..=calls.len()).flat_map(|number| [(number, Moment::Before), (number, Moment::After)]);
    let cases = kills.map(|(number, moment)| {
        let name = &calls[number - 1];
        async move {
            let outcome = kill_at(number, moment).await;
            outcome.map_err(|problem| format!("killed {moment:?} call {number} ({name}): {problem}"))
        }
    });
    let outcomes: Vec<_> = futures::stream::iter(cases).buffer_unordered(CONCURRENCY).collect().await;
    let broken: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
    println!(
        "crash points: a deletion of {} calls, {} kills, {} broken promises",
        calls.len(),
        calls.len() * 2,
        broken.len()
    );
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

async fn kill_at(number: usize, moment: Moment) -> Result<(), String> {
    let (natter, mut alice) = with_a_conversation().await;
    let calls = natter.stack.kill_at(&FUNCTIONS, number, moment);
    persist(&mut alice, "conversations.delete").await?;
    let read = persist(&mut alice, "conversations.get").await?;
    expect("what is read of it", read["code"].as_str(), Some("not_found"))?;
    natter.stack.settled().await;
    expect("the function was killed", calls.has_killed(), true)?;
    let mut sweeps = 0;
    while Table::items_of(&natter, "USER#alice#CONV#c").await > 0 && sweeps < MAX_SWEEPS {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let _ = natter.stack.invoke("SweepFunction", json!({})).await;
        natter.stack.settled().await;
        sweeps += 1;
    }
    expect("items of the conversation", Table::items_of(&natter, "USER#alice#CONV#c").await, 0)?;
    natter.stack.stop().await;
    Ok(())
}

/// Asks again when there is no answer, as a client does: only one function is killed.
async fn persist(client: &mut Client, operation: &str) -> Result<Value, String> {
    for _ in 0..2 {
        if let Ok(answer) = tokio::time::timeout(TIMEOUT, client.ask(operation, json!({"id": "c"}))).await {
            return Ok(answer);
        }
    }
    Err(format!("{operation} was not answered"))
}

async fn with_a_conversation() -> (Natter, Client) {
    let natter = natter().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 3000, "chunk": 500, "rate": 0})).await;
    alice.answer(&request).await;
    natter.stack.settled().await;
    assert!(Table::items_of(&natter, "USER#alice#CONV#c").await > 2);
    (natter, alice)
}
