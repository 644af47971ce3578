//! One execution environment, as the pool and the Runtime API know it: what it is at, until when, and for whom.
//!
//! One that takes several invocations at once is like those of Lambda Managed Instances: each of its pollers is at one of them
//! until it polls again. Which poller asks is not told, so an invocation is over with its answer there, and a process that is
//! past an invocation's time is not killed, since others run in it.

mod invocation;
mod log;
mod log_line;
pub mod memory;
mod report;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

pub use invocation::{EndedInvocation, NextInvocation, QueuedInvocation};
pub use log::Log;
pub use report::Report;

use super::error::InvocationError;
use invocation::RunningInvocation;

/// How long an environment is kept without work. Lambda names no time; minutes are usual.
const LONGEST_IDLE: Duration = Duration::from_secs(10 * 60);

/// One execution environment.
#[derive(Debug)]
pub struct Environment {
    pub id: u64,
    pub log: Log,
    /// The timeout of its function.
    timeout: Duration,
    /// How many invocations it takes at once.
    pub pollers: usize,
    process: AtomicU32,
    phase: watch::Sender<Phase>,
    state: Mutex<State>,
    calls: AtomicU64,
    doomed: AtomicBool,
    killed: Notify,
    failed: Notify,
    gone: watch::Sender<bool>,
}

/// What an environment is doing, and until when it may.
#[derive(Clone, Copy, Debug)]
pub enum Phase {
    Init(Instant),
    /// Where several invocations run at once, there is no time at which it is killed.
    Busy(Option<Instant>),
    Idle(Instant),
}

impl Phase {
    /// When something is to be done if it is still in this phase.
    pub fn ends(self) -> Option<Instant> {
        match self {
            Self::Init(ends) | Self::Idle(ends) => Some(ends),
            Self::Busy(ends) => ends,
        }
    }
}

#[derive(Debug)]
struct State {
    /// When the process was started.
    started: Instant,
    /// Whether that was within an invocation, because a first init had failed.
    repeated: bool,
    /// How long the init took, until an invocation has it in its report.
    init: Option<Duration>,
    /// What the process said of its failure to begin.
    failure: Option<InvocationError>,
    /// How many of its pollers have asked for their first event.
    begun: usize,
    /// How many of them have an event and have not asked for another since.
    at_work: usize,
    current: Vec<RunningInvocation>,
}

impl Environment {
    pub fn new(id: u64, log: Log, timeout: Duration, pollers: usize, now: Instant) -> Self {
        let state = State {
            started: now,
            repeated: false,
            init: None,
            failure: None,
            begun: 0,
            at_work: 0,
            current: Vec::new(),
        };
        Self {
            id,
            log,
            timeout,
            pollers,
            process: AtomicU32::new(0),
            phase: watch::Sender::new(Phase::Init(now)),
            state: Mutex::new(state),
            calls: AtomicU64::new(0),
            doomed: AtomicBool::new(false),
            killed: Notify::new(),
            failed: Notify::new(),
            gone: watch::Sender::new(false),
        }
    }

    /// The process id, once there is a process.
    pub fn process(&self) -> Option<u32> {
        Some(self.process.load(Ordering::Relaxed)).filter(|&process| process != 0)
    }

    /// Begins an init, which may take `limit`; `repeated` if an earlier one failed.
    pub fn start(&self, now: Instant, limit: Duration, repeated: bool) {
        let mut state = self.state();
        (state.started, state.repeated, state.failure) = (now, repeated, None);
        (state.begun, state.at_work) = (0, 0);
        self.phase.send_replace(Phase::Init(now + limit));
    }

    /// Sets the process that it is now.
    pub fn set_process(&self, process: Option<u32>) {
        self.process.store(process.unwrap_or(0), Ordering::Relaxed);
    }

    /// What it is doing, now and from now on.
    pub fn phases(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Has the process killed. Nothing in it can object, as on AWS.
    pub fn kill(&self) {
        self.doomed.store(true, Ordering::Relaxed);
        self.killed.notify_one();
    }

    /// Waits until it is to be killed.
    pub async fn killed(&self) {
        self.killed.notified().await;
    }

    /// Whether it is being killed. What it still calls is not heard.
    pub fn is_doomed(&self) -> bool {
        self.doomed.load(Ordering::Relaxed)
    }

    /// The number of the call that it makes now, from 0.
    pub fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes that its process is gone, and that the pool has forgotten it.
    pub fn mark_gone(&self) {
        self.gone.send_replace(true);
    }

    /// Waits until it is gone.
    pub async fn gone(&self) {
        // The sender cannot be gone: `self` holds it.
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }

    /// Waits until it has asked for its next event, or is gone.
    pub async fn settled(&self) {
        let mut phases = self.phases();
        tokio::select! {
            _ = phases.wait_for(|phase| matches!(phase, Phase::Idle(_))) => {}
            () = self.gone() => {}
        }
    }

    /// Whether it waits for an event.
    pub fn is_idle(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Idle(_))
    }

    /// Whether it has not asked for an event yet.
    pub fn is_in_init(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Init(_))
    }

    /// Whether its init is repeated, within an invocation.
    pub fn is_repeated(&self) -> bool {
        self.state().repeated
    }

    /// Keeps what the process says of its failure to begin.
    pub fn fail(&self, error: InvocationError) {
        self.state().failure = Some(error);
        self.failed.notify_one();
    }

    /// Waits until it has said that it cannot begin.
    pub async fn failed(&self) -> InvocationError {
        loop {
            if let Some(error) = self.failure() {
                return error;
            }
            self.failed.notified().await;
        }
    }

    /// What the process said of its failure to begin.
    pub fn failure(&self) -> Option<InvocationError> {
        self.state().failure.take()
    }

    /// Whether it takes several invocations at once.
    pub fn is_shared(&self) -> bool {
        self.pollers > 1
    }

    /// Notes that it asks for an event: its init is over, or the work on another event.
    pub fn mark_polled(&self, now: Instant) {
        let mut state = self.state();
        if state.begun < self.pollers {
            state.begun += 1;
        } else {
            state.at_work = state.at_work.saturating_sub(1);
        }
        // The time of an init within an invocation is part of that invocation's duration.
        if self.is_in_init() && !state.repeated {
            state.init = Some(now - state.started);
        }
    }

    /// Notes that there is no event now for the poller that asked.
    pub fn mark_idle(&self, now: Instant) {
        if self.state().at_work == 0 {
            self.phase.send_replace(Phase::Idle(now + LONGEST_IDLE));
        }
    }

    /// Begins an invocation.
    pub fn begin(&self, invocation: QueuedInvocation, now: Instant) -> NextInvocation {
        let QueuedInvocation { request_id, payload, since, answer, permit } = invocation;
        let mut state = self.state();
        // A repeated init was within this invocation, and has used up some of its time.
        let repeated = std::mem::take(&mut state.repeated);
        let began = if repeated { state.started } else { now };
        let deadline = began + self.timeout;
        if !self.is_shared() {
            self.log.attribute_to(&request_id);
        }
        let init = state.init.take();
        let cold = repeated || init.is_some();
        state.at_work += 1;
        state.current.push(RunningInvocation::new(request_id.clone(), answer, permit, began, init));
        self.phase.send_replace(Phase::Busy((!self.is_shared()).then_some(deadline)));
        NextInvocation { request_id, payload, time_left: deadline - now, since, cold }
    }

    /// The request id of the invocation that it is at. Of several none can be told from the others.
    pub fn request_id(&self) -> Option<String> {
        self.state().current.first().filter(|_| !self.is_shared()).map(|current| current.request_id.clone())
    }

    /// Whether its one invocation has no answer yet.
    pub fn is_unanswered(&self) -> bool {
        !self.is_shared() && self.state().current.first().is_some_and(RunningInvocation::is_unanswered)
    }

    /// Takes the function's answer to an invocation. Returns when that began and, where it is over with its answer, its end;
    /// nothing if it is not a current one or has been answered.
    pub fn answer(
        &self,
        request_id: &str,
        result: Result<Bytes, InvocationError>,
        now: Instant,
    ) -> Option<(Instant, Option<EndedInvocation>)> {
        let mut state = self.state();
        let place = state.current.iter().position(|current| current.request_id == request_id)?;
        let began = state.current[place].send_answer(result)?;
        let ended = self.is_shared().then(|| state.current.swap_remove(place).into_ended(None, now));
        Some((began, ended))
    }

    /// Ends what it is at. What had no answer has this error for one.
    pub fn end(&self, error: Option<&InvocationError>, now: Instant) -> Vec<EndedInvocation> {
        let current = std::mem::take(&mut self.state().current);
        current.into_iter().map(|current| current.into_ended(error, now)).collect()
    }

    /// No code panics while it holds this lock, so a poisoned state is a whole one.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
