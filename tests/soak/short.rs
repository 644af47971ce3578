//! A short soak. `make soak` is the long one.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests")]

mod clocks;
mod load;
mod report;
mod tools;

use load::Load;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_turns_with_every_fault_lose_duplicate_and_strand_nothing() {
    is_sound(Load { connections: 20, turns: 100, seed: 7, faults: load::FAULTS.to_owned(), skew: 0 }).await;
}

// Elsewhere libfaketime takes a place before the C library in another way.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_they_where_clocks_differ_by_more_than_a_lease() {
    is_sound(Load { connections: 20, turns: 100, seed: 8, faults: load::FAULTS.to_owned(), skew: 5 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_they_where_many_writes_arrive_late() {
    is_sound(Load { connections: 20, turns: 100, seed: 9, faults: "late:0.3".to_owned(), skew: 0 }).await;
}

async fn is_sound(load: Load) {
    let report = load.run().await;
    println!("{report}");
    assert!(report.is_sound(), "{report}");
}
