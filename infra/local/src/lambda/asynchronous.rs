//! Asynchronous invocation: an event is accepted at once, and retried when the function fails or is throttled.
//!
//! A failure is retried after one and after two minutes; a throttled invocation with a backoff from one second to five
//! minutes. An event whose retries or age are exhausted goes to the function's destination, or is dropped.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::error::InvocationError;
use super::function::Functions;
use super::request::InvokeRequest;
use crate::clock::Clock;
use crate::console::{Console, Tone};
use crate::date;

/// The delay before each retry of a failed event.
const RETRY_BACKOFFS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// The first backoff of a throttled event.
const INITIAL_THROTTLE_BACKOFF: Duration = Duration::from_secs(1);
/// The maximum backoff of a throttled event.
const MAX_THROTTLE_BACKOFF: Duration = Duration::from_secs(5 * 60);

/// The events in flight. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Deliveries {
    functions: Functions,
    clock: Clock,
    console: Console,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    running: JoinSet<()>,
    /// How many events wait for a retry, by function.
    waiting: BTreeMap<String, usize>,
}

/// Why an event was given up.
#[derive(Clone, Copy, Debug)]
enum GivenUp {
    RetriesExhausted,
    EventAgeExceeded,
}

impl Deliveries {
    pub fn new(functions: Functions, clock: Clock, console: Console) -> Self {
        Self { functions, clock, console, state: Arc::default() }
    }

    /// Accepts an event for an existing function. Its first invocation has started when this returns.
    pub fn accept(&self, id: String, request: InvokeRequest) {
        let Some(function) = self.functions.get(&id) else { return };
        let first = function.invoke(request.clone());
        let this = self.clone();
        let accepted = self.clock.now();
        let mut state = self.state();
        // Those that have ended.
        while state.running.try_join_next().is_some() {}
        state.running.spawn(async move { this.deliver(&id, request, accepted, first.await).await });
    }

    /// How many events of a function wait for a retry.
    pub fn waiting(&self, id: &str) -> usize {
        self.state().waiting.get(id).copied().unwrap_or_default()
    }

    /// Drops all events.
    pub fn close(&self) {
        self.state().running.abort_all();
    }

    async fn deliver(
        &self,
        id: &str,
        request: InvokeRequest,
        accepted: Instant,
        first: Result<bytes::Bytes, InvocationError>,
    ) {
        let Some(function) = self.functions.get(id) else { return };
        let settings = &function.declared.asynchronous;
        let dies = accepted + settings.max_event_age;
        let (mut outcome, mut tries, mut failures, mut throttles) = (first, 1_u32, 0_usize, 0_u32);
        while let Err(error) = outcome {
            let wait = if matches!(error, InvocationError::Throttled { .. }) {
                // Nothing has run, so this does not count as an attempt.
                tries -= 1;
                throttles += 1;
                INITIAL_THROTTLE_BACKOFF.saturating_mul(1 << (throttles - 1).min(16)).min(MAX_THROTTLE_BACKOFF)
            } else if failures < settings.retries as usize {
                (failures, throttles) = (failures + 1, 0);
                RETRY_BACKOFFS[failures - 1]
            } else {
                return self.give_up(id, &request, &error, tries, GivenUp::RetriesExhausted);
            };
            self.say(id, &request, Tone::Warning, format_args!("the event is tried again in {} s", wait.as_secs()));
            self.wait(id, (self.clock.now() + wait).min(dies)).await;
            if self.clock.now() >= dies {
                return self.give_up(id, &request, &error, tries, GivenUp::EventAgeExceeded);
            }
            tries += 1;
            outcome = function.invoke(request.clone()).await;
        }
    }

    async fn wait(&self, id: &str, until: Instant) {
        *self.state().waiting.entry(id.to_owned()).or_default() += 1;
        self.clock.sleep_until(until).await;
        if let Some(waiting) = self.state().waiting.get_mut(id) {
            *waiting -= 1;
        }
    }

    /// Sends the event to the destination that the template names, or drops it.
    fn give_up(&self, id: &str, request: &InvokeRequest, error: &InvocationError, tries: u32, why: GivenUp) {
        let Some(function) = self.functions.get(id) else { return };
        let reason = match why {
            GivenUp::RetriesExhausted => format!("failed {tries} times"),
            GivenUp::EventAgeExceeded => {
                format!("is older than {} s", function.declared.asynchronous.max_event_age.as_secs())
            }
        };
        let fate = match &function.declared.asynchronous.on_failure {
            None => "is dropped".to_owned(),
            Some(destination) => match &destination.function {
                Some(other) => format!("goes to {other}"),
                None => format!("is dropped: its destination ({}) does not run here", destination.kind),
            },
        };
        self.say(id, request, Tone::Error, format_args!("the event {reason} and {fate}"));
        let destination = function.declared.asynchronous.on_failure.as_ref();
        if let Some(other) = destination.and_then(|destination| destination.function.clone()) {
            let record = record(&function.declared.arn, request, error, tries, why, self.clock.epoch_millis());
            self.accept(other, InvokeRequest::new(record.to_string().into()));
        }
    }

    fn say(&self, id: &str, request: &InvokeRequest, tone: Tone, text: std::fmt::Arguments<'_>) {
        self.console.named(id).write(request.id.get(..8).unwrap_or_default(), tone, text);
    }

    /// No code panics while it holds this lock, so a poisoned state is a whole one.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The record that a destination gets.
fn record(arn: &str, request: &InvokeRequest, error: &InvocationError, tries: u32, why: GivenUp, now: u64) -> Value {
    let condition = match why {
        GivenUp::RetriesExhausted => "RetriesExhausted",
        GivenUp::EventAgeExceeded => "EventAgeExceeded",
    };
    let payload: Value = serde_json::from_slice(&request.payload).unwrap_or_default();
    let mut record = json!({
        "version": "1.0",
        "timestamp": date::iso(now),
        "requestContext": {
            "requestId": request.id,
            "functionArn": format!("{arn}:$LATEST"),
            "condition": condition,
            "approximateInvokeCount": tries,
        },
        "requestPayload": payload,
    });
    // An event that never ran has no response.
    if !matches!(error, InvocationError::Throttled { .. }) {
        record["responseContext"] =
            json!({"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"});
        record["responsePayload"] = serde_json::from_slice(&error.payload(&request.id)).unwrap_or_default();
    }
    record
}
