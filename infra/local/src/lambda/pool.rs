//! The environments of one function: started on demand, killed or reaped when idle.
//!
//! Invocations wait in one queue, from which free environments take them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::environment::{EndedInvocation, Environment, Log, NextInvocation, QueuedInvocation, Report, memory};
use super::error::InvocationError;
use super::request::InvokeRequest;
use super::settings::FunctionSettings;
use crate::clock::Clock;
use crate::console::{Console, Tone};

/// The delay before an environment is started after a failed start. It doubles with each further failure.
const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
/// The maximum delay, so that a repaired function soon works again.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// Spawns the task that runs an environment.
pub(super) type Launch = fn(Arc<Pool>, Arc<Environment>);

/// The environments of one function.
#[derive(Debug)]
pub struct Pool {
    pub(super) settings: FunctionSettings,
    pub(super) clock: Clock,
    pub(super) console: Console,
    launch: Launch,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    environments: BTreeMap<u64, Arc<Environment>>,
    /// How many pollers of an environment have not polled yet.
    starting: BTreeMap<u64, usize>,
    /// How many environments in a row have ended before their first poll.
    failed_starts: u32,
    /// Pollers that wait for an event; the one used last is served first, so that other environments can be reaped.
    free: Vec<(Arc<Environment>, oneshot::Sender<NextInvocation>)>,
    queue: VecDeque<QueuedInvocation>,
    stopped: bool,
}

impl Pool {
    /// A function without environments: the first invocation starts one.
    pub(super) fn new(settings: FunctionSettings, clock: Clock, console: &Console, launch: Launch) -> Arc<Self> {
        let console = console.named(&settings.function.id);
        Arc::new(Self { settings, clock, console, launch, state: Mutex::default() })
    }

    /// Begins an invocation before it returns, and resolves to its response. The function runs on when that future is dropped.
    pub(super) fn invoke(
        self: &Arc<Self>,
        request: InvokeRequest,
    ) -> impl Future<Output = Result<Bytes, InvocationError>> + use<> {
        let dispatched = self.dispatch(request).inspect_err(|error| {
            self.console.write("", Tone::Error, error);
            self.record_refusal(error);
        });
        // Where several invocations run in a process, none is killed at its timeout: only its caller gets the error.
        let timeout = self.settings.function.timeout;
        let limit = (self.settings.environment_concurrency > 1).then(|| self.clock.now() + timeout);
        let clock = self.clock.clone();
        async move {
            let mut answered = dispatched?;
            tokio::select! {
                // The sender is dropped without a result only when the whole stack is dropped.
                answer = &mut answered => answer.unwrap_or_else(|_| Err(InvocationError::killed())),
                () = clock.sleep_until(limit.unwrap_or_else(|| clock.now())), if limit.is_some() => {
                    Err(InvocationError::TimedOut(timeout))
                }
            }
        }
    }

    fn dispatch(
        self: &Arc<Self>,
        request: InvokeRequest,
    ) -> Result<oneshot::Receiver<Result<Bytes, InvocationError>>, InvocationError> {
        let permit = self.settings.concurrency.begin()?;
        let (answer, answered) = oneshot::channel();
        let (request_id, payload, since) = (request.id, request.payload, self.clock.now());
        let invocation = QueuedInvocation { request_id, payload, since, answer, permit };
        let mut state = self.state();
        while let Some((environment, hand_over)) = state.free.pop() {
            // Closed when its process has ended since.
            if !hand_over.is_closed() {
                let event = self.begin(&environment, invocation);
                // If the process ends at this point, its end fails the invocation.
                let _ = hand_over.send(event);
                return Ok(answered);
            }
        }
        if state.stopped {
            return Err(InvocationError::Unreachable("the stack is stopping".to_owned()));
        }
        if state.coming() <= state.queue.len() {
            let id = state.next_id;
            state.next_id += 1;
            let (timeout, pollers) = (self.settings.function.timeout, self.settings.environment_concurrency);
            let (console, journal) = (self.console.clone(), self.journal().clone());
            let log = Log::new(console, journal, &self.settings.function.id, id, pollers > 1);
            let environment = Arc::new(Environment::new(id, log, timeout, pollers, self.clock.now()));
            state.starting.insert(id, pollers);
            state.environments.insert(id, environment.clone());
            (self.launch)(self.clone(), environment);
        }
        state.queue.push_back(invocation);
        Ok(answered)
    }

    /// The delay before a process is started, so that a broken function does not spin.
    pub(super) fn start_delay(&self) -> Duration {
        match self.state().failed_starts {
            0 => Duration::ZERO,
            failed => INITIAL_BACKOFF.saturating_mul(1 << (failed - 1).min(16)).min(MAX_BACKOFF),
        }
    }

    /// Returns the next invocation for one of this environment's pollers, once there is one. `None` if none will come.
    pub(super) async fn next(&self, environment: &Arc<Environment>) -> Option<NextInvocation> {
        if !environment.is_shared() {
            self.end(environment, None, environment.process().and_then(memory::peak));
        }
        let coming = {
            let mut state = self.state();
            state.mark_polled(environment.id);
            state.failed_starts = 0;
            environment.mark_polled(self.clock.now());
            if let Some(invocation) = state.queue.pop_front() {
                return Some(self.begin(environment, invocation));
            }
            environment.mark_idle(self.clock.now());
            let (hand_over, coming) = oneshot::channel();
            state.free.push((environment.clone(), hand_over));
            coming
        };
        coming.await.ok()
    }

    /// Ends the current invocations of an environment, with this error or successfully.
    pub(super) fn end(&self, environment: &Environment, error: Option<&InvocationError>, memory_used: Option<u64>) {
        for ended in environment.end(error, self.clock.now()) {
            self.report(environment, ended, error, memory_used);
        }
    }

    /// Answers an invocation. False if no such invocation waits for a response.
    pub(super) fn answer(
        &self,
        environment: &Environment,
        request_id: &str,
        result: Result<Bytes, InvocationError>,
    ) -> bool {
        let error = result.as_ref().err().cloned();
        let Some((began, ended)) = environment.answer(request_id, result, self.clock.now()) else { return false };
        self.record_answer(environment, request_id, began, error);
        if let Some(ended) = ended {
            self.report(environment, ended, None, environment.process().and_then(memory::peak));
        }
        true
    }

    fn report(
        &self,
        environment: &Environment,
        ended: EndedInvocation,
        error: Option<&InvocationError>,
        memory_used: Option<u64>,
    ) {
        let report = Report {
            succeeded: ended.succeeded,
            duration: ended.duration,
            init: ended.init,
            on_instance: environment.is_shared(),
            memory_used,
            memory_size: self.settings.function.memory,
        };
        environment.log.report(&ended.request_id, &report);
        self.record_end(environment, ended.request_id, &report, error.or(ended.error.as_ref()));
    }

    /// Begins an invocation in an environment.
    fn begin(&self, environment: &Environment, invocation: QueuedInvocation) -> NextInvocation {
        let now = self.clock.now();
        let event = environment.begin(invocation, now);
        self.record_begin(environment, &event, now);
        event
    }

    /// Takes an idle environment out of service. False if it has just been given an event.
    pub(super) fn retire(&self, environment: &Environment) -> bool {
        let mut state = self.state();
        let is_idle = environment.is_idle();
        if is_idle {
            state.free.retain(|(other, _)| other.id != environment.id);
        }
        is_idle
    }

    /// Removes an environment whose process is gone. Invocations that waited for it to start fail with it.
    pub(super) fn remove(&self, environment: &Environment, why: &InvocationError) {
        let unserved: Vec<_> = {
            let mut state = self.state();
            state.environments.remove(&environment.id);
            state.free.retain(|(other, _)| other.id != environment.id);
            if state.starting.remove(&environment.id) == Some(environment.pollers) && !environment.is_being_killed() {
                state.failed_starts += 1;
            }
            let unserved = state.queue.len().saturating_sub(state.coming());
            state.queue.drain(..unserved).collect()
        };
        for invocation in unserved {
            self.record_refusal(why);
            // The caller may have stopped waiting.
            let _ = invocation.answer.send(Err(why.clone()));
        }
    }

    pub(super) fn processes(&self) -> Vec<u32> {
        self.state().environments.values().filter_map(|environment| environment.process()).collect()
    }

    /// Waits until every environment waits for an event.
    pub(super) async fn settled(&self) {
        let at_work = || self.state().environments.values().find(|environment| !environment.is_idle()).cloned();
        while let Some(environment) = at_work() {
            environment.wait_until_settled().await;
        }
    }

    /// Kills all environments, and waits until they are gone.
    pub(super) async fn kill(&self) {
        for environment in self.kill_all() {
            environment.wait_until_gone().await;
        }
    }

    /// Starts no further environments, and kills all.
    pub(super) fn close(&self) {
        self.state().stopped = true;
        self.kill_all();
    }

    fn kill_all(&self) -> Vec<Arc<Environment>> {
        let killed: Vec<_> = self.state().environments.values().cloned().collect();
        killed.iter().for_each(|environment| environment.kill());
        killed
    }

    /// No code panics while it holds this lock, so a poisoned state is a whole one.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How many pollers are still starting.
    fn coming(&self) -> usize {
        self.starting.values().sum()
    }

    /// Records a poll of one of an environment's pollers.
    fn mark_polled(&mut self, environment: u64) {
        if let Some(left) = self.starting.get_mut(&environment) {
            *left -= 1;
            if *left == 0 {
                self.starting.remove(&environment);
            }
        }
    }
}
