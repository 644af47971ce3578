//! A turn with tools whose second owner dies as well: what was executed stays executed, and what may have been is not executed again.

use std::ops::RangeInclusive;

use futures::StreamExt;
use natter_local::Moment;
use natter_tests::Rescuer;

use super::super::{CONCURRENCY, FUNCTIONS};
use super::turn::{Ended, Turn};

/// At which of its calls the second owner dies: from the first one until it has executed what was approved, and told of it.
const CALLS: RangeInclusive<usize> = 1..=40;
const STEP: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tool_acts_twice_wherever_the_second_owner_dies() {
    let kills = CALLS.step_by(STEP).flat_map(|number| [(number, Moment::Before), (number, Moment::After)]);
    let cases = kills.map(|(number, moment)| async move {
        let outcome = kill_both(number, moment).await;
        outcome.map_err(|problem| format!("killed {moment:?} call {number} of the second owner: {problem}"))
    });
    let outcomes: Vec<_> = futures::stream::iter(cases).buffer_unordered(CONCURRENCY).collect().await;
    let kills = outcomes.len();
    let interrupted = outcomes.iter().flatten().filter(|ended| ended.status == "interrupted").count();
    let broken: Vec<&String> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    println!(
        "crash points: two owners of a turn with tools, {kills} kills, {interrupted} interrupted, {} broken promises",
        broken.len()
    );
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(interrupted > 0, "no turn lost both owners");
}

/// Kills the first owner when it has called the endpoint, and the second one at this call.
async fn kill_both(number: usize, moment: Moment) -> Result<Ended, String> {
    let mut is_first = true;
    let ended = Turn::start().await.run(Rescuer::Client, |natter| {
        if std::mem::take(&mut is_first) {
            natter.stack.kill_at(&FUNCTIONS, number, moment);
            return Some(Moment::After);
        }
        natter.stack.is_called(FUNCTIONS[0], "http")
    });
    let ended = ended.await?;
    // The first step was completed before, and one owner of the second step may have died.
    ended.check([1, 2])?;
    Ok(ended)
}
