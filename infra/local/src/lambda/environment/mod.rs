//! One execution environment, as the pool and the Runtime API know it: its phase, its deadline and its invocations.
//!
//! One that takes several invocations at once is like those of Lambda Managed Instances: each of its pollers works on one of
//! them until it polls again. A poll does not say which poller it comes from, so there an invocation ends with its response, and
//! a process is not killed at an invocation's timeout, since others run in it.

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

/// How long an idle environment is kept. Lambda documents no time; minutes are usual.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10 * 60);

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
    being_killed: AtomicBool,
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
    /// When this phase times out.
    pub fn deadline(self) -> Option<Instant> {
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
    /// How long the init took, until the first invocation reports it.
    init: Option<Duration>,
    /// The init error that the process reported.
    init_error: Option<InvocationError>,
    /// How many of its pollers have polled for the first time.
    first_polls: usize,
    /// How many of them work on an event.
    busy_pollers: usize,
    current: Vec<RunningInvocation>,
}

impl Environment {
    pub fn new(id: u64, log: Log, timeout: Duration, pollers: usize, now: Instant) -> Self {
        let state = State {
            started: now,
            repeated: false,
            init: None,
            init_error: None,
            first_polls: 0,
            busy_pollers: 0,
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
            being_killed: AtomicBool::new(false),
            killed: Notify::new(),
            failed: Notify::new(),
            gone: watch::Sender::new(false),
        }
    }

    /// The process id, once there is a process.
    pub fn process(&self) -> Option<u32> {
        Some(self.process.load(Ordering::Relaxed)).filter(|&process| process != 0)
    }

    /// Starts an init, which may take `limit`; `repeated` if an earlier one failed.
    pub fn start(&self, now: Instant, limit: Duration, repeated: bool) {
        let mut state = self.state();
        (state.started, state.repeated, state.init_error) = (now, repeated, None);
        (state.first_polls, state.busy_pollers) = (0, 0);
        self.phase.send_replace(Phase::Init(now + limit));
    }

    /// Sets the process id.
    pub fn set_process(&self, process: Option<u32>) {
        self.process.store(process.unwrap_or(0), Ordering::Relaxed);
    }

    /// Watches its phase.
    pub fn phases(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Has the process killed with SIGKILL, as on AWS.
    pub fn kill(&self) {
        self.being_killed.store(true, Ordering::Relaxed);
        self.killed.notify_one();
    }

    /// Waits until it is to be killed.
    pub async fn wait_for_kill(&self) {
        self.killed.notified().await;
    }

    /// Whether it is being killed. Its calls are ignored from then on.
    pub fn is_being_killed(&self) -> bool {
        self.being_killed.load(Ordering::Relaxed)
    }

    /// The number of the call that it makes now, from 0.
    pub fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Marks its process as gone, and as removed from the pool.
    pub fn mark_gone(&self) {
        self.gone.send_replace(true);
    }

    /// Waits until it is gone.
    pub async fn wait_until_gone(&self) {
        // The sender cannot be gone: `self` holds it.
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }

    /// Waits until it has polled for its next event, or is gone.
    pub async fn wait_until_settled(&self) {
        let mut phases = self.phases();
        tokio::select! {
            _ = phases.wait_for(|phase| matches!(phase, Phase::Idle(_))) => {}
            () = self.wait_until_gone() => {}
        }
    }

    /// Whether it waits for an event.
    pub fn is_idle(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Idle(_))
    }

    /// Whether it has not polled for an event yet.
    pub fn is_in_init(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Init(_))
    }

    /// Whether its init is repeated, within an invocation.
    pub fn is_repeated(&self) -> bool {
        self.state().repeated
    }

    /// Records the init error that the process reports.
    pub fn set_init_error(&self, error: InvocationError) {
        self.state().init_error = Some(error);
        self.failed.notify_one();
    }

    /// Waits until the process reports an init error.
    pub async fn wait_for_init_error(&self) -> InvocationError {
        loop {
            if let Some(error) = self.take_init_error() {
                return error;
            }
            self.failed.notified().await;
        }
    }

    /// The init error that the process reported.
    pub fn take_init_error(&self) -> Option<InvocationError> {
        self.state().init_error.take()
    }

    /// Whether it takes several invocations at once.
    pub fn is_shared(&self) -> bool {
        self.pollers > 1
    }

    /// Records a poll: its init is over, or the work on another event.
    pub fn mark_polled(&self, now: Instant) {
        let mut state = self.state();
        if state.first_polls < self.pollers {
            state.first_polls += 1;
        } else {
            state.busy_pollers = state.busy_pollers.saturating_sub(1);
        }
        // The time of an init within an invocation is part of that invocation's duration.
        if self.is_in_init() && !state.repeated {
            state.init = Some(now - state.started);
        }
    }

    /// Records that there is no event for the poller.
    pub fn mark_idle(&self, now: Instant) {
        if self.state().busy_pollers == 0 {
            self.phase.send_replace(Phase::Idle(now + IDLE_TIMEOUT));
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
        state.busy_pollers += 1;
        state.current.push(RunningInvocation::begin(request_id.clone(), answer, permit, began, init));
        self.phase.send_replace(Phase::Busy((!self.is_shared()).then_some(deadline)));
        NextInvocation { request_id, payload, time_left: deadline - now, since, cold }
    }

    /// The request id of its current invocation; `None` where several run at once.
    pub fn request_id(&self) -> Option<String> {
        self.state().current.first().filter(|_| !self.is_shared()).map(|current| current.request_id.clone())
    }

    /// Whether its one invocation has no response yet.
    pub fn is_unanswered(&self) -> bool {
        !self.is_shared() && self.state().current.first().is_some_and(RunningInvocation::is_unanswered)
    }

    /// Answers an invocation. Returns when that began and, where it ends with its response, the ended invocation; `None` if it
    /// does not run here or has been answered.
    pub fn answer(
        &self,
        request_id: &str,
        result: Result<Bytes, InvocationError>,
        now: Instant,
    ) -> Option<(Instant, Option<EndedInvocation>)> {
        let mut state = self.state();
        let place = state.current.iter().position(|current| current.request_id == request_id)?;
        let began = state.current[place].answer(result)?;
        let ended = self.is_shared().then(|| state.current.swap_remove(place).end(None, now));
        Some((began, ended))
    }

    /// Ends the current invocations. Those without a response get this error.
    pub fn end(&self, error: Option<&InvocationError>, now: Instant) -> Vec<EndedInvocation> {
        let current = std::mem::take(&mut self.state().current);
        current.into_iter().map(|current| current.end(error, now)).collect()
    }

    /// No code panics while it holds this lock, so a poisoned state is a whole one.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
