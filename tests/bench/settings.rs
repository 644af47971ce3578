//! The command line.

use std::time::Duration;

use clap::Parser;
use natter_local::Latencies;
use natter_tests::{MESSAGE_FUNCTION, Natter, NatterBuilder};

use crate::process;
use crate::turn::{Conversation, FAST, Script};

/// Places of a process beside those of the turns, for the last work of those before.
const SPARE_PLACES: usize = 10;

/// Measures what a turn takes, from a function's start to its price.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub struct Settings {
    /// How many turns are measured, one after the other.
    #[arg(long, default_value_t = 20)]
    pub turns: usize,
    /// Tokens of a reply.
    #[arg(long, default_value_t = 200)]
    pub tokens: usize,
    /// Tokens a second.
    #[arg(long, default_value_t = 50.0)]
    pub rate: f64,
    /// Milliseconds until the model's first token.
    #[arg(long, default_value_t = 300)]
    pub first_token: u64,
    /// Milliseconds until the database answers.
    #[arg(long, default_value_t = 5)]
    pub database: u64,
    /// Milliseconds until a post is answered.
    #[arg(long, default_value_t = 10)]
    pub post: u64,
    /// The share of a processor that the functions get, such as 0.07 (128 MB on Lambda), 0.14 (256 MB) or 0.29 (512 MB). All of
    /// it if absent.
    #[arg(long)]
    pub cpu_share: Option<f64>,
    /// Measures, in place of all else, how the cost of a turn grows. Distances and the usual reply are those above.
    #[arg(long)]
    pub growth: bool,
    /// Measures only this many concurrent turns in one process, beside one alone.
    #[arg(long)]
    pub concurrency: Option<usize>,
    /// What cargo passes to every benchmark.
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Settings {
    /// Of the measurements that take long and vary little.
    pub fn cold_turns(&self) -> usize {
        self.turns.div_ceil(4)
    }

    /// The lengths of replies whose cost is shown, in tokens.
    pub fn lengths(&self) -> [usize; 3] {
        [self.tokens / 4, self.tokens, self.tokens * 5]
    }

    /// The reply that is asked for.
    pub fn script(&self) -> Script {
        Script { tokens: self.tokens, rate: self.rate, first_token_millis: self.first_token }
    }

    /// Natter in the distance that is asked for.
    pub async fn natter(&self) -> Natter {
        self.builder().start().await
    }

    /// The same, before it is started.
    pub fn builder(&self) -> NatterBuilder {
        let latencies =
            Latencies { database: Duration::from_millis(self.database), post: Duration::from_millis(self.post) };
        NatterBuilder::default()
            .measured(latencies)
            .environment_concurrency(self.concurrency.map_or(1, |at_once| at_once + SPARE_PLACES))
            // A new conversation's title by the model is a separate call, and not part of a turn.
            .environment("TITLES", "words")
            // As high as none reaches them, so that what they cost is counted.
            .environment("MESSAGES_PER_MINUTE", "100000")
            .environment("CONCURRENT_TURNS", "100")
            // Turns of a user are further apart than these, so their frames are not counted.
            .environment("FRAMES_PER_SECOND", "0")
    }

    /// The most that a new function held after turns of this script, and after one of 1,000 tokens at once, in KB.
    pub async fn peak_memory(&self, script: Script) -> [u64; 2] {
        let natter = self.natter().await;
        let mut conversation = Conversation::open(&natter, "memory").await;
        conversation.turns(2, script).await;
        let function = natter.stack.environments(MESSAGE_FUNCTION)[0];
        let usual = process::peak_kilobytes(function);
        conversation.turn(FAST).await;
        let long = process::peak_kilobytes(function);
        natter.stack.stop().await;
        [usual, long]
    }
}
