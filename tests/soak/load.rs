//! Pages that ask while calls go wrong, and the quiet after that, in which everything has to come to its end.

use std::convert::Infallible;
use std::time::Duration;

use fastrand::Rng;
use futures::future::join_all;
use natter_tests::{Event, Natter, NatterBuilder, Page, Question, Shown, Table, message_functions, order_tools};
use rustix::process::{Signal, kill_process};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::clocks::Clocks;
use crate::report::{Asked, Report};
use crate::tools::{self, Kitchen, ToolReport, ToolTurn};

/// What goes wrong, and how often. A turn makes some thirty calls.
pub const FAULTS: &str = "kill:0.005,delay:0.03,post429:0.03,post410:0.003,drop:0.002,throttle:0.02,unknown:0.003,late:0.003,\
    conflict:0.02,model429:0.05,model500:0.03,stall:0.02,cut:0.03,garbage:0.03";

/// The lease of a turn here. Short, so that turns whose function was killed are soon taken over.
const LEASE: Duration = Duration::from_secs(3);

/// How long a page waits for a frame before it asks again.
const TIMEOUT: Duration = Duration::from_secs(4);

/// How many sweeps end the remaining turns: each may need another attempt.
const MAX_SWEEPS: usize = 8;

/// How often, and for how long, a function is frozen: longer than a lease, and than a page waits before its turn is taken over.
const FREEZE_INTERVAL: Duration = Duration::from_millis(700);
const FROZEN: Duration = Duration::from_secs(6);

/// How many replies are written at once. The other pages are open and wait, as most pages do most of the time.
const CONCURRENCY: usize = 32;

/// How many of the turns have tools.
const TOOLS_SHARE: f64 = 0.2;

/// How much is asked, by how many, and what goes wrong meanwhile.
#[derive(Debug, Clone)]
pub struct Load {
    /// How many pages are open at once.
    pub connections: usize,
    /// How many messages they send altogether.
    pub turns: usize,
    /// Of the dice.
    pub seed: u64,
    /// The faults, without a seed.
    pub faults: String,
    /// By how many seconds the functions' clocks are fast or slow at most.
    pub skew: u32,
}

impl Load {
    /// Asks everything, waits until all is idle, and checks what is stored.
    pub async fn run(self) -> Report {
        let kitchen = Kitchen::open().await;
        let clocks = (self.skew > 0).then(|| Clocks::differ(self.skew));
        let builder = NatterBuilder::default()
            .environment("LEASE_SECONDS", LEASE.as_secs().to_string())
            // Only the newest exchange is read: to what is sent again, the one before is as old as any.
            .environment("HISTORY_MESSAGES", "0")
            .environment("HISTORY_TOKENS", "0")
            .environment("MODEL_FIRST_TOKEN_SECONDS", "2")
            .environment("MODEL_NEXT_TOKEN_SECONDS", "2")
            .environment("RUST_LOG", "error")
            .tools(order_tools(&kitchen.url))
            .faults(format!("{},seed={}", self.faults, self.seed));
        let natter = clocks.iter().fold(builder, |builder, clocks| clocks.of(builder)).start().await;
        let busy = Semaphore::new(CONCURRENCY);
        let pages = (0..self.connections).map(|page| self.page(&natter, page, &busy));
        let asked = tokio::select! {
            asked = join_all(pages) => asked,
            never = freeze_functions(Rng::with_seed(self.seed)) => match never {},
        };
        thaw_all();
        settle(&natter).await;
        let stored = Table::read(&natter).await;
        let (asked, tool_turns): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let mut report = Report::new(&asked.concat(), &stored);
        report.add(self.look_at_tools(&natter, &tool_turns, &stored, &kitchen).await);
        self.check_whole(&natter, &stored).await;
        natter.stack.stop().await;
        report
    }

    // What is read back, and written into a file, is what is stored.
    async fn check_whole(&self, natter: &Natter, stored: &Table) {
        for page in 0..self.connections {
            let user = format!("user{page}");
            let mut client = natter.connect(&user).await;
            for conversation in ["conversation0", "conversation1"] {
                if !stored.branch(&user, conversation).is_empty() {
                    client.check_whole(stored, &user, conversation).await;
                }
            }
            client.close().await;
        }
    }

    async fn look_at_tools(
        &self,
        natter: &Natter,
        turns: &[Vec<ToolTurn>],
        stored: &Table,
        kitchen: &Kitchen,
    ) -> ToolReport {
        let effects = kitchen.effects(natter);
        let mut report = ToolReport::default();
        for (page, turns) in turns.iter().enumerate() {
            let mut client = natter.connect(&format!("user{page}")).await;
            for turn in turns {
                report.look_at(turn, &mut client, stored, &effects).await;
            }
            client.close().await;
        }
        report
    }

    async fn page(&self, natter: &Natter, number: usize, busy: &Semaphore) -> (Vec<Asked>, Vec<ToolTurn>) {
        let mut dice = Rng::with_seed(self.seed.wrapping_mul(1_000_003) + number as u64);
        let user = format!("user{number}");
        let mut page = Page::new(natter, &user, TIMEOUT);
        let turns = self.turns / self.connections + usize::from(number < self.turns % self.connections);
        let (mut asked, mut with_tools, mut past) = (Vec::new(), Vec::new(), Vec::new());
        for turn in 0..turns {
            if dice.f64() < TOOLS_SHARE {
                let _turn = busy.acquire().await;
                with_tools.push(tools::have_turn(&mut page, &user, turn, &mut dice).await);
                continue;
            }
            let event = event(&mut dice);
            let (tokens, rate) = match event {
                // Long enough to be stopped in the middle.
                Some(Event::Stop(_)) => (dice.usize(60..120), 40),
                // Long enough for several segments.
                _ if dice.f64() < 0.2 => (dice.usize(1_000..3_000), 800),
                _ => (dice.usize(5..60), 40),
            };
            let question = Question {
                // Two conversations, so that some turns have a past and some have not.
                conversation: format!("conversation{}", turn % 2),
                message: format!("{user}-message{turn}"),
                text: format!("script:{}", json!({"tokens": tokens, "rate": rate})),
                event,
            };
            // The semaphore is never closed.
            let _turn = busy.acquire().await;
            if dice.f64() < 0.1 {
                page.close();
            }
            let Shown { text, message_id, end, acknowledged, heard } = page.ask(&question).await;
            let whole = (0..tokens).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
            past.push((question.clone(), whole.clone()));
            asked.push(Asked { message: question.message, whole, text, message_id, end, acknowledged, heard });
            // Something of before is sent once more, however much came after it.
            if dice.f64() < 0.2 {
                let (again, whole) = past[dice.usize(0..past.len())].clone();
                let again = Question { event: None, ..again };
                let Shown { text, message_id, end, acknowledged, heard } = page.ask(&again).await;
                asked.push(Asked { message: again.message, whole, text, message_id, end, acknowledged, heard });
            }
        }
        (asked, with_tools)
    }
}

// Functions of this process stand still now and then, one at a time, as if their machine were suspended.
async fn freeze_functions(mut dice: Rng) -> Infallible {
    loop {
        tokio::time::sleep(FREEZE_INTERVAL).await;
        let functions = message_functions();
        if let Some(function) = dice.choice(&functions) {
            // One that has just ended is no matter.
            let _ = kill_process(*function, Signal::STOP);
            let function = *function;
            tokio::spawn(async move {
                tokio::time::sleep(FROZEN).await;
                let _ = kill_process(function, Signal::CONT);
            });
        }
    }
}

fn thaw_all() {
    for function in message_functions() {
        let _ = kill_process(function, Signal::CONT);
    }
}

// What users and networks do besides the injected faults.
fn event(dice: &mut Rng) -> Option<Event> {
    match dice.u8(0..100) {
        0..10 => Some(Event::SocketLost(dice.usize(0..8))),
        10..15 => Some(Event::Stop(dice.usize(0..8))),
        15..20 => Some(Event::StopAtOnce),
        20..25 => Some(Event::SentTwice { same_request: true }),
        25..30 => Some(Event::SentTwice { same_request: false }),
        _ => None,
    }
}

// Without faults, and with as many sweeps as run in some minutes.
async fn settle(natter: &Natter) {
    natter.stack.clear_faults();
    for _ in 0..MAX_SWEEPS {
        natter.stack.settled().await;
        let stored = Table::read(natter).await;
        if stored.streaming().is_empty() && stored.due() == 0 {
            return;
        }
        tokio::time::sleep(LEASE).await;
        // One that fails is followed by the next.
        let _ = natter.stack.invoke("SweepFunction", json!({})).await;
    }
}
