//! Many users at once, with random faults: `make soak`. It ends with counts, and fails if an invariant is broken.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that takes long")]

mod clocks;
mod load;
mod report;
mod tools;

use std::process::ExitCode;

use clap::Parser;
use load::Load;

/// Runs turns of many users against the real functions in the local stack with random faults.
#[derive(Debug, Parser)]
#[command(name = "soak")]
struct Settings {
    /// How many pages are open at once, each of another user.
    #[arg(long, default_value_t = 200)]
    connections: usize,
    /// How many messages they send altogether.
    #[arg(long, default_value_t = 2_000)]
    turns: usize,
    /// Of the dice.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// What goes wrong, and how often.
    #[arg(long, env = "FAULTS", default_value = load::FAULTS)]
    faults: String,
    /// By how many seconds the functions' clocks are fast or slow at most.
    #[arg(long, default_value_t = 0)]
    skew: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    let settings = Settings::parse();
    let Settings { connections, turns, seed, faults, skew } = settings;
    println!("soak: {connections} connections, {turns} turns, {faults}, seed {seed}, clocks ±{skew} s");
    let report = Load { connections, turns, seed, faults, skew }.run().await;
    println!("{report}");
    if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
