//! A turn whose second owner dies as well: what the first one has stored stays, and is what the client shows.

use std::ops::RangeInclusive;
use std::time::Duration;

use futures::StreamExt;
use natter_local::Moment;
use natter_tests::{End, Natter, Page, Question, Table};
use serde_json::json;

use super::{AFTER_THE_LEASE, CONCURRENCY, FUNCTIONS, expect, natter};

/// The words of the reply: 46 KB in five seconds.
const WORDS: usize = 8_000;

/// The first owner dies once it has stored this many bytes, in several segments. The second one needs several saves to store more.
const STORED_BYTES: usize = 10_000;

/// At which of its calls the second owner dies: from the first one until it may have stored more, or executed what was approved and
/// told of it. Most are posts, of which a busy machine makes fewer.
const CALLS: RangeInclusive<usize> = 1..=40;
const STEP: usize = 3;

const POLL_INTERVAL: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_owners_text_is_kept_wherever_the_second_owner_dies() {
    let outcomes = kill_second_owners(kill_both).await;
    let kills = outcomes.len();
    let interrupted = outcomes.iter().filter(|outcome| **outcome == Ok(End::Aborted("interrupted".to_owned()))).count();
    let broken: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
    println!("crash points: two owners, {kills} kills, {interrupted} interrupted, {} broken promises", broken.len());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(interrupted > 0, "no turn lost both owners");
}

/// What becomes of a turn whose first owner dies, and whose second one dies before or after each of these calls.
pub async fn kill_second_owners<Ended>(
    kill_both: impl AsyncFn(usize, Moment) -> Result<Ended, String>,
) -> Vec<Result<Ended, String>> {
    let kills = CALLS.step_by(STEP).flat_map(|number| [(number, Moment::Before), (number, Moment::After)]);
    let cases = kills.map(async |(number, moment)| {
        let outcome = kill_both(number, moment).await;
        outcome.map_err(|problem| format!("killed {moment:?} call {number} of the second owner: {problem}"))
    });
    futures::stream::iter(cases).buffer_unordered(CONCURRENCY).collect().await
}

/// Returns how the turn ended: complete if the second function died before it owned the turn, or after its last call.
async fn kill_both(number: usize, moment: Moment) -> Result<End, String> {
    let natter = natter().await;
    let mut page = Page::new(&natter, "alice", AFTER_THE_LEASE);
    let script = json!({"tokens": WORDS, "chunk": 450, "rate": 20});
    let question =
        Question { conversation: "c".into(), message: "m".into(), text: format!("script:{script}"), event: None };
    let (shown, kept) = tokio::join!(page.ask(&question), kill_owners(&natter, number, moment));
    natter.stack.settled().await;
    // A second owner that made fewer calls was not killed, and nothing after it is to be.
    natter.stack.count_calls(&FUNCTIONS);

    let table = Table::read(&natter).await;
    let stored = only_reply(&table).unwrap_or_default();
    let whole = (0..WORDS).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
    expect("bytes that are lost", kept.len().saturating_sub(stored.len()), 0)?;
    expect("the stored text is the beginning of the reply", whole.starts_with(stored), true)?;
    expect("the client shows what is stored", shown.text == stored, true)?;
    let end = shown.end.ok_or("no end was delivered to the client")?;
    expect("the reply is whole", stored == whole, end == End::Finished)?;
    natter.connect("alice").await.check_whole(&table, "alice", "c").await;
    natter.stack.stop().await;
    Ok(end)
}

/// Kills the first owner in the middle of the reply, and the second at this call. Returns the text that the first has stored.
async fn kill_owners(natter: &Natter, number: usize, moment: Moment) -> String {
    let stored = async || only_reply(&Table::read(natter).await).unwrap_or_default().to_owned();
    while stored().await.len() < STORED_BYTES {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    let first = natter.stack.kill_at(&FUNCTIONS, 1, Moment::Before);
    while !first.has_killed() {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    natter.stack.kill_at(&FUNCTIONS, number, moment);
    stored().await
}

fn only_reply(table: &Table) -> Option<&str> {
    let replies: Vec<_> = table.messages.iter().filter(|message| message.role == "assistant").collect();
    assert!(replies.len() < 2, "{replies:?}");
    replies.first().map(|reply| reply.text.as_str())
}
