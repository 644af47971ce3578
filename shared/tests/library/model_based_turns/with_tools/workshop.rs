//! The agent's tools: each notes at once that it acts, and answers when the test says so.

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::{BoxFuture, pending};
use natter::conversation::{CallId, Entry};
use natter::tools::{Approval, Condition, Invocation, Output, Rule, Runs, Test, ToolError, ToolRunner, Toolbox, Word};
use tokio::sync::oneshot;

use super::problems::Problems;
use crate::support::{MemoryStore, client_tool, tool};

/// May be made again with the same key. The others may not.
pub const LOOK: &str = "look";
pub const PAY: &str = "pay";
/// Needs approval each time.
pub const ORDER: &str = "order";
/// Needs approval once.
pub const BOOK: &str = "book";
/// Needs approval of more than [`FREE`].
pub const SELL: &str = "sell";
pub const FREE: i64 = 1;
/// Is executed by the page.
pub const SHOW: &str = "show";
/// There is no such tool.
pub const FLY: &str = "fly";

/// How a call ends that was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Done,
    Failed,
    /// The tool has broken off, and may have acted.
    BrokenOff,
}

/// What a tool answers that has done what this call asked for.
pub fn done(key: &str) -> String {
    format!("{key} is done")
}

/// What it answers if it could not.
pub const FAILURE: &str = "It is out of order.";

/// A call that a tool has begun to execute.
#[derive(Clone)]
pub struct Run {
    pub key: String,
    pub tool: &'static str,
    pub n: i64,
    /// How it has ended, if it has.
    pub work: Option<Work>,
}

/// What the tools do, and have done.
#[derive(Clone, Default)]
pub struct Workshop {
    runs: Arc<Mutex<Vec<(Run, Caller)>>>,
}

// Who waits for a call to end; `None` once it has.
type Caller = Option<oneshot::Sender<Work>>;

impl Workshop {
    /// The agent's tools. A tool notes a problem if its call is not stored as started when it runs, or has ended.
    pub fn tools(&self, store: &MemoryStore, problems: &Problems) -> Toolbox {
        let server = |name: &'static str, approval: Approval| {
            let (workshop, store, problems) = (self.clone(), store.clone(), problems.clone());
            let mut tool = tool(name, Runs::Server(Arc::new(Worker { name, workshop, store, problems })));
            tool.approval = approval;
            tool.is_idempotent = name == LOOK;
            tool
        };
        let over = Rule { pointer: "/n".to_owned(), word: Word::If, test: Test::Over(FREE.into()) };
        Toolbox::new([
            server(LOOK, Approval::Never),
            server(PAY, Approval::Never),
            server(ORDER, Approval::Always),
            server(BOOK, Approval::Once),
            server(SELL, Approval::If(Condition { rules: vec![over] })),
            client_tool(SHOW),
        ])
    }

    /// What was begun so far, in its order.
    pub fn runs(&self) -> Vec<Run> {
        self.runs.lock().unwrap().iter().map(|(run, _)| run.clone()).collect()
    }

    /// Ends the call that has run for the longest time, or for the shortest.
    pub fn end_one(&self, is_newest: bool, work: Work) {
        let mut runs = self.runs.lock().unwrap();
        let mut running =
            runs.iter_mut().filter(|(_, caller)| caller.as_ref().is_some_and(|caller| !caller.is_closed()));
        let ended = if is_newest { running.next_back() } else { running.next() };
        if let Some((run, caller)) = ended {
            end(run, caller, work);
        }
    }

    /// Ends all.
    pub fn end_all(&self) {
        self.runs.lock().unwrap().iter_mut().for_each(|(run, caller)| end(run, caller, Work::Done));
    }
}

// Whoever has given the call up hears nothing.
fn end(run: &mut Run, caller: &mut Caller, work: Work) {
    if caller.take().is_some_and(|caller| caller.send(work).is_ok()) {
        run.work = Some(work);
    }
}

struct Worker {
    name: &'static str,
    workshop: Workshop,
    store: MemoryStore,
    problems: Problems,
}

impl ToolRunner for Worker {
    fn run(&self, call: Invocation) -> BoxFuture<'static, Result<Output, ToolError>> {
        let Self { name, workshop, store, problems } = self;
        let (name, workshop, store, problems) = (*name, workshop.clone(), store.clone(), problems.clone());
        async move {
            if !is_being_made(&store, &call.key) {
                problems.note(format!("{name} runs, and {} is not stored as started, or has ended", call.key));
            }
            let (caller, answer) = oneshot::channel();
            let run = Run { key: call.key.clone(), tool: name, n: call.input["n"].as_i64().unwrap(), work: None };
            workshop.runs.lock().unwrap().push((run, Some(caller)));
            match answer.await {
                Ok(Work::Done) => Ok(Output::Text(done(&call.key))),
                Ok(Work::Failed) => Err(ToolError::failed(FAILURE)),
                Ok(Work::BrokenOff) => Err(ToolError::unknown(FAILURE)),
                Err(_) => pending().await,
            }
        }
        .boxed()
    }
}

fn is_being_made(store: &MemoryStore, key: &str) -> bool {
    let call = CallId::named(key);
    let messages = store.messages();
    let has =
        |wanted: &dyn Fn(&Entry) -> bool| messages.iter().any(|written| written.message.entries.iter().any(wanted));
    let is_started = has(&|entry| matches!(entry, Entry::CallStarted { call: started } if *started == call));
    let has_ended = has(&|entry| matches!(entry, Entry::ToolOutput { call: ended, .. } if *ended == call));
    is_started && !has_ended
}
