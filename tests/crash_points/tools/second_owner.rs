//! A turn with tools whose second owner dies as well: what was executed stays executed, and what may have been is not executed again.

use natter_local::Moment;
use natter_tests::Rescuer;

use super::super::FUNCTIONS;
use super::super::second_owner::kill_second_owners;
use super::turn::{Ended, Turn};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tool_acts_twice_wherever_the_second_owner_dies() {
    let outcomes = kill_second_owners(kill_both).await;
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
