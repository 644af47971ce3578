//! How fast, how small and how cheap a turn is: `make bench`. It prints a table, writes the figures to `target/bench.json`, and
//! checks nothing: budgets are checked by tests, and times are only reported.
//!
//! The functions are the release binaries, each in a separate process in the local stack, with a database and clients that seem
//! as far away as on AWS and a model that keeps to a script. What the stack itself adds is in its README.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a program for developers, which may end with a panic"
)]
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod costs;
mod cpu_share;
mod direct;
mod growth;
mod packages;
mod process;
mod report;
mod settings;
mod start;
mod together;
mod tools;
mod turn;

use clap::Parser;
use costs::Cost;
use cpu_share::CpuShare;
use natter_tests::{MESSAGE_FUNCTION, Natter, built_functions};
use report::Report;
use settings::Settings;
use start::Starts;
use tools::ToolsFile;
use turn::{Conversation, FAST, Script, Turn};

#[tokio::main]
async fn main() {
    let settings = Settings::parse();
    if settings.growth {
        return growth::show(&settings).await;
    }
    if let Some(at_once) = settings.concurrency {
        return together::show(&settings, at_once).await;
    }
    let functions = built_functions();
    let script = settings.script();

    println!("{} turns of {} tokens at {} a second …", settings.turns, settings.tokens, settings.rate);
    let starts = Starts::measure(&functions.join("message"), settings.turns, None);
    let starts_with_tools =
        Starts::measure(&functions.join("message"), settings.turns, Some(&ToolsFile::write().path()));
    let packages = packages::sizes(&functions);

    let natter = settings.natter().await;
    let _share = settings.cpu_share.map(|share| CpuShare::keep(share, &natter.stack));
    let cold = cold(&natter, settings.cold_turns(), script).await;
    let mut conversation = Conversation::open(&natter, "warm").await;
    conversation.turn(script).await;
    let warm = conversation.turns(settings.turns, script).await;
    let direct = direct::measure(&natter.stack, settings.turns.min(10), script).await;
    let fast = Conversation::open(&natter, "fast").await.turns(settings.cold_turns(), FAST).await;
    let mut costs = Vec::new();
    for tokens in settings.lengths() {
        let turn =
            Conversation::open(&natter, &format!("tokens-{tokens}")).await.turn(Script { tokens, ..script }).await;
        costs.push(Cost::of(tokens, &turn));
    }
    let memory = settings.peak_memory(script).await;
    natter.stack.stop().await;

    let with_tools = tools::measure(&settings, settings.turns).await;

    let report = Report {
        settings: &settings,
        starts,
        starts_with_tools,
        with_tools,
        cold,
        warm,
        direct,
        fast,
        memory,
        costs,
        packages,
    };
    print!("{report}");
    report.write();
}

// Turns of new environments. The connection is opened before, so that the function alone is new.
async fn cold(natter: &Natter, count: usize, script: Script) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut conversation = Conversation::open(natter, "cold").await;
    for _ in 0..count {
        natter.stack.kill_environments(MESSAGE_FUNCTION).await;
        turns.push(conversation.turn(script).await);
    }
    turns
}
