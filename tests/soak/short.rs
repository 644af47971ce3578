//! A short soak. `make soak` is the long one.

#![allow(clippy::print_stdout, missing_docs, reason = "tests")]

mod load;
mod report;

use load::Load;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_turns_with_faults_of_every_kind_lose_double_and_strand_nothing() {
    let load = Load { connections: 20, turns: 100, seed: 7, faults: load::FAULTS.to_owned() };
    let report = load.run().await;
    println!("{report}");
    assert!(report.is_sound(), "{report}");
}
