//! The calls of the model, so that tests can check the prompt and whether a call was dropped.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};

use super::request::{CompletionRequest, Message};

/// How many calls are kept.
const MAX_CALLS: usize = 1_000;

/// The last calls, oldest first.
#[derive(Debug, Default)]
pub struct Calls {
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    next_id: u64,
    calls: VecDeque<Record>,
    /// How often each step of each script was seen.
    steps: HashMap<(String, usize), u64>,
}

#[derive(Debug)]
struct Record {
    id: u64,
    model: String,
    authorized: bool,
    /// The number of the model call in its turn, counted from 0.
    step: usize,
    messages: Vec<Message>,
    tools: Vec<String>,
    deltas: usize,
    state: State,
    started: Instant,
    millis: Option<u128>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Running,
    Finished,
    Dropped,
}

/// A running call. Dropping it means that the caller is gone.
#[derive(Debug)]
pub struct Call {
    calls: Arc<Calls>,
    id: u64,
}

impl Calls {
    /// Records a new call.
    pub fn begin(self: &Arc<Self>, request: &CompletionRequest, authorized: bool) -> Call {
        let mut log = self.log();
        let id = log.next_id;
        log.next_id += 1;
        if log.calls.len() == MAX_CALLS {
            log.calls.pop_front();
        }
        log.calls.push_back(Record {
            id,
            model: request.model.clone(),
            authorized,
            step: request.step(),
            messages: request.messages.clone(),
            tools: request.tools.iter().map(|tool| tool.function.name.clone()).collect(),
            deltas: 0,
            state: State::Running,
            started: Instant::now(),
            millis: None,
        });
        Call { calls: self.clone(), id }
    }

    /// How often this step of this script was seen, this time included.
    pub fn seen(&self, script: String, step: usize) -> u64 {
        let steps = &mut self.log().steps;
        if steps.len() == MAX_CALLS {
            steps.clear();
        }
        let seen = steps.entry((script, step)).or_default();
        *seen += 1;
        *seen
    }

    /// All recorded calls.
    pub fn to_json(&self) -> Value {
        self.log().calls.iter().map(Record::to_json).collect()
    }

    /// No code panics while it holds this lock, so a poisoned log is a whole one.
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    /// Counts a delta that was sent.
    pub fn delta(&self) {
        self.change(|record| record.deltas += 1);
    }

    /// Marks the call as finished.
    pub fn finish(self) {
        self.end(State::Finished);
    }

    fn end(&self, state: State) {
        self.change(|record| {
            if record.state == State::Running {
                record.state = state;
                record.millis = Some(record.started.elapsed().as_millis());
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.calls.log().calls.iter_mut().rfind(|record| record.id == self.id) {
            change(record);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(State::Dropped);
    }
}

impl Record {
    fn to_json(&self) -> Value {
        let state = match self.state {
            State::Running => "running",
            State::Finished => "finished",
            State::Dropped => "dropped",
        };
        json!({
            "id": self.id,
            "model": self.model,
            "authorized": self.authorized,
            "step": self.step,
            "messages": self.messages,
            "tools": self.tools,
            "deltas": self.deltas,
            "state": state,
            "millis": self.millis.unwrap_or_else(|| self.started.elapsed().as_millis()) as u64,
        })
    }
}
