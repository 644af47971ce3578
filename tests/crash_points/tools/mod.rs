//! A turn with tools, with the function killed at each call that it makes: two calls of a function and one of an endpoint at the same
//! time, one that needs approval, and one that the page executes. None of these tools is idempotent, and each counts what it does.

mod second_owner;
mod turn;

use futures::StreamExt;
use natter_local::Moment;
use natter_tests::{Natter, Rescuer};

use super::{CONCURRENCY, FUNCTIONS};
use turn::{Ended, Turn};

/// The function that writes the turn first.
const CALLER: &str = FUNCTIONS[0];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tool_acts_twice_and_no_step_is_asked_again_wherever_a_function_dies() {
    every_crash_point(Rescuer::Client, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_where_the_sweep_finds_the_turn() {
    every_crash_point(Rescuer::Sweep, 5).await;
}

/// Of all moments before and after a call, at one in so many. An odd interval has both sides.
async fn every_crash_point(rescuer: Rescuer, interval: usize) {
    let calls = {
        let turn = Turn::start().await;
        let calls = turn.natter.stack.count_calls(&FUNCTIONS);
        let ended = turn.run(Rescuer::Client, called).await.unwrap();
        assert_eq!((ended.status.as_str(), ended.failed, ended.acted.len()), ("complete", 0, 4), "{ended:?}");
        calls.names()
    };
    println!("the calls of a turn with tools: {}", calls.join(", "));
    let kills = (1..=calls.len()).flat_map(|number| [(number, Moment::Before), (number, Moment::After)]);
    let kills: Vec<_> = kills.step_by(interval).collect();
    let planned = kills.len();
    let cases = kills.into_iter().map(|(number, moment)| async move {
        let (name, has_killed, outcome) = kill_at(number, moment, rescuer).await;
        (has_killed, outcome.map_err(|problem| format!("killed {moment:?} call {number} ({name}): {problem}")))
    });
    let outcomes: Vec<_> = futures::stream::iter(cases).buffer_unordered(CONCURRENCY).collect().await;
    let (killed, outcomes): (Vec<bool>, Vec<_>) = outcomes.into_iter().unzip();
    let killed = killed.into_iter().filter(|killed| *killed).count();
    let ended: Vec<&Ended> = outcomes.iter().flatten().collect();
    let unknown: usize = ended.iter().map(|ended| ended.failed).sum();
    let interrupted = ended.iter().filter(|ended| ended.status == "interrupted").count();
    let broken: Vec<&String> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    println!(
        "crash points: a turn with tools of {} calls, {killed} kills, found by the {rescuer:?}, {unknown} outcomes unknown, {interrupted} interrupted, {} broken promises",
        calls.len(),
        broken.len()
    );
    assert!(broken.is_empty(), "{broken:#?}");
    // How many posts and saves there are is a matter of chance: the last calls of the turn that was counted may not be made.
    assert!(killed * 10 > planned * 8, "only {killed} kills");
    assert!(interrupted * 5 < planned, "{interrupted} turns were interrupted");
}

/// The call at which the function was to be killed, whether it was, and what became of the turn.
async fn kill_at(number: usize, moment: Moment, rescuer: Rescuer) -> (String, bool, Result<Ended, String>) {
    let turn = Turn::start().await;
    let calls = turn.natter.stack.kill_at(&FUNCTIONS, number, moment);
    let ended = turn.run(rescuer, called).await;
    let names = calls.names();
    let before = &names[..number.min(names.len())];
    let checked = ended.and_then(|ended| {
        // What was executed before the kill was stored before that.
        let was_executing = before.iter().any(|name| matches!(name.as_str(), "invoke" | "http"));
        let asked = before.iter().filter(|name| *name == "model").count();
        let is_completed = [was_executing, asked > 1 && before.last().is_some_and(|name| name == "next")];
        ended.check(is_completed.map(|is_completed| if is_completed { 1 } else { 2 }))?;
        Ok(ended)
    });
    (before.last().cloned().unwrap_or_default(), calls.has_killed(), checked)
}

/// A call of the endpoint is one of those that are numbered.
fn called(natter: &Natter) -> Option<Moment> {
    natter.stack.is_called(CALLER, "http")
}
