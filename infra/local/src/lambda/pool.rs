//! The environments of one function: started on demand, one invocation each, killed or reaped at their end.
//!
//! Invocations wait in one queue. A free environment takes from it, be it a new one or one that has just become free.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::environment::{self, Environment};
use super::{InvocationError, Settings};
use crate::clock::Clock;
use crate::console::Console;

/// Where the outcome of an invocation goes.
pub(super) type Answer = oneshot::Sender<Result<Bytes, InvocationError>>;

/// What an environment is given to work on.
#[derive(Debug)]
pub(super) struct Event {
    pub request_id: String,
    pub payload: Bytes,
}

/// The environments of one function.
#[derive(Debug)]
pub struct Pool {
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    pub(super) console: Console,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    environments: BTreeMap<u64, Arc<Environment>>,
    /// Environments that have not asked for an event yet.
    starting: BTreeSet<u64>,
    /// Environments that wait for an event; the one used last is served first, so that the others can be reaped.
    free: Vec<(Arc<Environment>, oneshot::Sender<Event>)>,
    queue: VecDeque<(Event, Answer)>,
    stopped: bool,
}

impl Pool {
    /// A function without environments: the first invocation starts one.
    pub fn new(settings: Settings, clock: Clock, console: &Console) -> Arc<Self> {
        let console = console.named(&settings.function.id);
        Arc::new(Self { settings, clock, console, state: Mutex::default() })
    }

    pub(super) async fn invoke(self: &Arc<Self>, payload: Bytes) -> Result<Bytes, InvocationError> {
        let (answer, answered) = oneshot::channel();
        let event = Event { request_id: uuid::Uuid::new_v4().to_string(), payload };
        self.dispatch(event, answer).inspect_err(|error| self.console.say(error))?;
        // Whoever drops the answer says why first, unless the whole stack is being dropped.
        answered.await.unwrap_or_else(|_| Err(InvocationError::Exited("the stack is gone".to_owned())))
    }

    fn dispatch(self: &Arc<Self>, event: Event, answer: Answer) -> Result<(), InvocationError> {
        let mut state = self.state();
        while let Some((environment, hand_over)) = state.free.pop() {
            // Closed when its process has ended since.
            if !hand_over.is_closed() {
                environment.begins(&event, answer, self.deadline());
                // Should the process end right here, then its end fails the invocation that has begun.
                let _ = hand_over.send(event);
                return Ok(());
            }
        }
        if state.starting.len() <= state.queue.len() {
            if state.stopped || state.environments.len() >= self.settings.concurrency {
                return Err(InvocationError::Throttled(self.settings.concurrency));
            }
            let id = state.next_id;
            state.next_id += 1;
            let environment = Arc::new(Environment::new(id, self.clock.now() + environment::LONGEST_INIT));
            state.starting.insert(id);
            state.environments.insert(id, environment.clone());
            tokio::spawn(environment::run(self.clone(), environment));
        }
        state.queue.push_back((event, answer));
        Ok(())
    }

    /// The next event for this environment, whose last invocation is over: one that waits already, or the one that comes.
    /// `None` if none will come.
    pub(super) async fn next(&self, environment: &Arc<Environment>) -> Option<Event> {
        if environment.ends(&InvocationError::Unanswered) {
            self.console.say(InvocationError::Unanswered);
        }
        let coming = {
            let mut state = self.state();
            state.starting.remove(&environment.id);
            if let Some((event, answer)) = state.queue.pop_front() {
                environment.begins(&event, answer, self.deadline());
                return Some(event);
            }
            environment.rests(self.clock.now());
            let (hand_over, coming) = oneshot::channel();
            state.free.push((environment.clone(), hand_over));
            coming
        };
        coming.await.ok()
    }

    fn deadline(&self) -> Instant {
        self.clock.now() + self.settings.function.timeout
    }

    /// Takes an environment that has long been idle out of service. False if it has just been given an event.
    pub(super) fn retire(&self, environment: &Environment) -> bool {
        let mut state = self.state();
        let free = state.free.len();
        state.free.retain(|(other, _)| other.id != environment.id);
        state.free.len() < free
    }

    /// Forgets an environment whose process is gone. What waited for it to start fails with it.
    pub(super) fn remove(&self, environment: &Environment, why: &InvocationError) {
        let unserved: Vec<_> = {
            let mut state = self.state();
            state.environments.remove(&environment.id);
            state.free.retain(|(other, _)| other.id != environment.id);
            state.starting.remove(&environment.id);
            let unserved = state.queue.len().saturating_sub(state.starting.len());
            state.queue.drain(..unserved).collect()
        };
        for (_, answer) in unserved {
            // A caller who no longer waits needs no answer.
            let _ = answer.send(Err(why.clone()));
        }
    }

    pub(super) fn processes(&self) -> Vec<u32> {
        self.state().environments.values().filter_map(|environment| environment.process()).collect()
    }

    /// Waits until every environment waits for an event.
    pub(super) async fn settled(&self) {
        let at_work = || self.state().environments.values().find(|environment| !environment.is_idle()).cloned();
        while let Some(environment) = at_work() {
            environment.settled().await;
        }
    }

    /// Kills all environments, and waits until they are gone.
    pub(super) async fn kill(&self) {
        for environment in self.doom() {
            environment.gone().await;
        }
    }

    /// Lets no environment start any more, and has all killed.
    pub(super) fn close(&self) {
        self.state().stopped = true;
        self.doom();
    }

    fn doom(&self) -> Vec<Arc<Environment>> {
        let doomed: Vec<_> = self.state().environments.values().cloned().collect();
        doomed.iter().for_each(|environment| environment.kill());
        doomed
    }

    /// No code panics while it holds this lock, so a poisoned state is a whole one.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
