//! A turn, and a deletion, in which the function is killed once at each call that it makes: before the call, and after it.
//!
//! Every call that leaves the process is numbered. For each number and both sides there is a fresh Natter, whose function
//! dies right there; then the promises of a turn are checked against what is stored and what the client shows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs, reason = "tests")]

mod deletion;
mod frozen_owner;
mod second_owner;
mod tools;

use std::convert::Infallible;
use std::time::Duration;

use futures::StreamExt;
use natter_local::Moment;
use natter_tests::{End, Natter, NatterBuilder, Page, Question, Rescuer, Table};
use serde_json::json;

/// Those that run turns.
const FUNCTIONS: [&str; 2] = ["MessageFunction", "SweepFunction"];

/// How many cases run concurrently. Most of a case is waiting.
const CONCURRENCY: usize = 8;

/// The lease of a turn. Long enough that hardly an owner loses it on a busy machine without being killed.
const LEASE_SECONDS: &str = "3";

/// When the lease of a dead owner has expired.
const AFTER_THE_LEASE: Duration = Duration::from_millis(3500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resume_gets_the_whole_reply_wherever_a_function_dies() {
    every_crash_point(Rescuer::Client).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sweep_ends_the_turn_wherever_a_function_dies() {
    every_crash_point(Rescuer::Sweep).await;
}

async fn every_crash_point(rescuer: Rescuer) {
    let calls = calls_of_a_turn().await;
    let kills = (1..=calls.len()).flat_map(|number| [(number, Moment::Before), (number, Moment::After)]);
    let cases = kills.map(|(number, moment)| {
        let name = &calls[number - 1];
        async move {
            let outcome = kill_at(number, moment, rescuer).await;
            outcome.map_err(|problem| format!("killed {moment:?} call {number} ({name}): {problem}"))
        }
    });
    let outcomes: Vec<_> = futures::stream::iter(cases).buffer_unordered(CONCURRENCY).collect().await;
    let rescued = |outcome: &&Result<Rescue, String>| **outcome == Ok(Rescue::WrittenAnew);
    let interrupted = |outcome: &&Result<Rescue, String>| **outcome == Ok(Rescue::Interrupted);
    let taken_over = outcomes.iter().filter(rescued).count();
    let interrupted = outcomes.iter().filter(interrupted).count();
    let broken: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    println!("the calls of a turn: {}", calls.join(", "));
    println!(
        "crash points: {} calls, {} kills, {taken_over} turns taken over, {interrupted} interrupted, {} broken promises",
        calls.len(),
        calls.len() * 2,
        broken.len()
    );
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    // A machine so busy that a second owner loses its lease too may interrupt a turn, but not many.
    assert!(interrupted * 5 < calls.len() * 2, "{interrupted} turns were interrupted");
}

/// How a turn came to its end.
#[derive(Debug, PartialEq, Eq)]
enum Rescue {
    /// The function that died had done what was needed, or nothing yet.
    NotNeeded,
    /// Another attempt wrote the reply.
    WrittenAnew,
    /// The other function was not heard of in time either.
    Interrupted,
}

async fn natter() -> Natter {
    // A limit that is never reached, so that turns are counted and settled.
    // Frames that come within ten seconds are counted, and how many do is a matter of chance.
    let builder = NatterBuilder::default().environment("CONCURRENT_TURNS", "100").environment("FRAMES_PER_SECOND", "0");
    builder.environment("LEASE_SECONDS", LEASE_SECONDS).start().await
}

fn question(message: &str) -> Question {
    let script = json!({"tokens": 12, "rate": 20});
    Question { conversation: "c".into(), message: message.into(), text: format!("script:{script}"), event: None }
}

/// The reply that the script makes.
fn reply() -> String {
    (0..12).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ")
}

async fn calls_of_a_turn() -> Vec<String> {
    let natter = natter().await;
    let calls = natter.stack.count_calls(&FUNCTIONS);
    let mut page = Page::new(&natter, "alice", AFTER_THE_LEASE);
    let shown = page.ask(&question("m1")).await;
    assert_eq!((shown.text, shown.end), (reply(), Some(End::Finished)));
    natter.stack.settled().await;
    calls.names()
}

/// Sweeps for ever, if it is the sweep that finds the turn.
async fn sweep(natter: &Natter, rescuer: Rescuer) -> Infallible {
    if rescuer == Rescuer::Client {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(AFTER_THE_LEASE).await;
        // One that is killed itself is followed by the next.
        let _ = natter.stack.invoke("SweepFunction", json!({})).await;
    }
}

async fn kill_at(number: usize, moment: Moment, rescuer: Rescuer) -> Result<Rescue, String> {
    let natter = natter().await;
    let calls = natter.stack.kill_at(&FUNCTIONS, number, moment);
    let idle_timeout = match rescuer {
        Rescuer::Client => AFTER_THE_LEASE,
        // The client waits for the sweep instead of resuming.
        Rescuer::Sweep => AFTER_THE_LEASE * 4,
    };
    let mut page = Page::new(&natter, "alice", idle_timeout);
    let sweeping = sweep(&natter, rescuer);
    let first = question("m1");
    let shown = tokio::select! {
        shown = page.ask(&first) => shown,
        never = sweeping => match never {},
    };
    let rescue = check(&natter, &shown.text, shown.end).await?;

    // The last call, the poll for more work, is answered only when there is more.
    let second = page.ask(&question("m2")).await;
    expect("the next reply", (second.text, second.end), (reply(), Some(End::Finished)))?;
    natter.stack.settled().await;
    expect("the function was killed", calls.has_killed(), true)?;
    let prompt = natter.last_prompt().await;
    let asked = format!("user: {}", first.text);
    if rescue != Rescue::Interrupted {
        expect("the prompt of the next turn", prompt, vec![asked.clone(), format!("assistant: {}", reply()), asked])?;
    }
    let mut stored = Table::read(&natter).await;
    if stored.unsettled > 0 {
        // A function that died between telling the end and settling the turn leaves that to the sweep.
        tokio::time::sleep(AFTER_THE_LEASE).await;
        let _ = natter.stack.invoke("SweepFunction", json!({})).await;
        natter.stack.settled().await;
        stored = Table::read(&natter).await;
    }
    expect("turns that were counted, and are not settled", (stored.counted, stored.unsettled), (2, 0))?;
    expect("stored messages", stored.messages.len(), 4)?;
    expect("turns that have not ended", stored.streaming().len(), 0)?;
    natter.stack.stop().await;
    Ok(rescue)
}

/// One question and one whole reply are stored, and that reply is what the client shows.
async fn check(natter: &Natter, shown: &str, end: Option<End>) -> Result<Rescue, String> {
    let stored = Table::read(natter).await;
    let questions = stored.questions("m1");
    expect("stored questions", questions.len(), 1)?;
    let replies = stored.replies(questions[0]);
    expect("stored replies", replies.len(), 1)?;
    expect("stored messages", stored.messages.len(), 2)?;
    expect("what the client shows", shown, replies[0].text.as_str())?;
    if replies[0].status == "interrupted" && replies[0].attempt > 1 {
        expect("the end that was delivered to the client", end, Some(End::Aborted("interrupted".to_owned())))?;
        return Ok(Rescue::Interrupted);
    }
    expect("the state of the reply", replies[0].status.as_str(), "complete")?;
    expect("the stored text", replies[0].text.as_str(), &reply())?;
    expect("the end that was delivered to the client", end, Some(End::Finished))?;
    Ok(if replies[0].attempt > 1 { Rescue::WrittenAnew } else { Rescue::NotNeeded })
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}
