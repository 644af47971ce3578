//! The event log of the stack, for the developer's page, the meter and tests: in memory, bounded, off the hot path.
//!
//! Recording an event moves a few words and the prefix of a body into a ring buffer. It becomes JSON only when it is read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use serde::Serialize;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::events::Event;
use crate::meter::{LiveConnection, Meter, Usage};
use crate::metrics::{self, Metric, Metrics};
use crate::permissions::Permission;

/// How many events are kept. New ones replace the oldest.
pub const CAPACITY: usize = 10_000;

/// The events of one stack. Clones share them.
#[derive(Clone, Debug)]
pub struct Journal {
    /// `None` when nothing is recorded.
    shared: Option<Arc<Shared>>,
}

#[derive(Debug)]
struct Shared {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    entries: VecDeque<Arc<Entry>>,
    /// The number of the newest event; `None` when the stack stops, which ends all waiting.
    newest: Option<watch::Sender<u64>>,
    recorded: u64,
    meter: Meter,
    metrics: Metrics,
    /// The permissions that functions have needed, by logical id.
    permissions: BTreeMap<String, BTreeSet<Permission>>,
}

/// An event with its number and time.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Counted from 1, without a gap.
    pub sequence: u64,
    /// When it was recorded: milliseconds since 1970, to the microsecond.
    #[serde(serialize_with = "as_millis")]
    pub at: u64,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

impl Journal {
    /// An empty journal, or a disabled one.
    pub fn new(clock: Clock, records: bool) -> Self {
        let state = || State {
            entries: VecDeque::new(),
            newest: Some(watch::Sender::new(0)),
            recorded: 0,
            meter: Meter::default(),
            metrics: Metrics::default(),
            permissions: BTreeMap::new(),
        };
        Self { shared: records.then(|| Arc::new(Shared { clock, state: Mutex::new(state()) })) }
    }

    /// Whether anything is recorded: otherwise events need not be built.
    pub fn records(&self) -> bool {
        self.shared.is_some()
    }

    /// Records an event. Never waits; the event is built only if it is recorded.
    pub fn record(&self, event: impl FnOnce() -> Event) {
        let Some(shared) = &self.shared else { return };
        let event = event();
        let numbers = match &event {
            Event::Log { text, .. } => metrics::read(text),
            _ => Vec::new(),
        };
        let mut state = shared.state();
        // Read under the lock, so that times follow the numbers.
        let at = shared.now();
        state.meter.count(&event, at);
        state.metrics.add(numbers);
        state.note_permissions(&event);
        state.recorded += 1;
        if state.entries.len() == CAPACITY {
            state.entries.pop_front();
        }
        let sequence = state.recorded;
        state.entries.push_back(Arc::new(Entry { sequence, at, event }));
        if let Some(newest) = state.newest.as_ref().filter(|newest| newest.receiver_count() > 0) {
            newest.send_replace(sequence);
        }
    }

    /// At most `limit` of the events after number `after`, oldest first.
    pub fn after(&self, after: u64, limit: usize) -> Vec<Arc<Entry>> {
        let Some(shared) = &self.shared else { return Vec::new() };
        let state = shared.state();
        let first = state.entries.front().map_or(1, |entry| entry.sequence);
        let skipped = usize::try_from((after + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        state.entries.iter().skip(skipped).take(limit).cloned().collect()
    }

    /// Watches the number of the newest event, until the stack stops. `None` if nothing is recorded.
    pub fn newest(&self) -> Option<watch::Receiver<u64>> {
        let state = self.shared.as_ref()?.state();
        state.newest.as_ref().map(watch::Sender::subscribe)
    }

    /// The usage that AWS would have charged, since the start or the last [`Journal::reset_usage`].
    pub fn usage(&self) -> Usage {
        self.shared.as_ref().map_or_else(Usage::default, |shared| shared.state().meter.usage(shared.now()))
    }

    /// Resets the usage.
    pub fn reset_usage(&self) {
        if let Some(shared) = &self.shared {
            shared.state().meter.reset(shared.now());
        }
    }

    /// The metrics of the functions' logs since the start.
    pub fn metrics(&self) -> Vec<Metric> {
        self.shared.as_ref().map_or_else(Vec::new, |shared| shared.state().metrics.summary())
    }

    /// The permissions that functions have needed since the start, by logical id.
    pub fn permissions(&self) -> BTreeMap<String, BTreeSet<Permission>> {
        self.shared.as_ref().map_or_else(BTreeMap::new, |shared| shared.state().permissions.clone())
    }

    /// The connections that are open.
    pub fn connections(&self) -> Vec<LiveConnection> {
        self.shared.as_ref().map_or_else(Vec::new, |shared| shared.state().meter.connections())
    }

    /// Wakes all who wait for a new event.
    pub fn close(&self) {
        if let Some(shared) = &self.shared {
            shared.state().newest.take();
        }
    }
}

impl Shared {
    /// Microseconds since 1970.
    fn now(&self) -> u64 {
        self.clock.wall_time().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
    }

    /// No code panics while it holds this lock, so a poisoned state is a whole one.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note_permissions(&mut self, event: &Event) {
        let (invocation, permissions) = match event {
            Event::Database { invocation, permissions, .. } => (invocation, permissions),
            Event::Management { invocation: Some(invocation), permissions, .. } => (invocation, permissions),
            _ => return,
        };
        self.permissions.entry(invocation.function.clone()).or_default().extend(permissions.iter().cloned());
    }
}

fn as_millis<S: serde::Serializer>(micros: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(*micros as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Invocation;

    fn fault(number: usize) -> Event {
        Event::Fault { invocation: Invocation::default(), call: number.to_string(), outcome: String::new() }
    }

    fn numbers(journal: &Journal, after: u64, limit: usize) -> Vec<u64> {
        journal.after(after, limit).iter().map(|entry| entry.sequence).collect()
    }

    #[test]
    fn a_full_journal_drops_the_oldest() {
        let journal = Journal::new(Clock::new(), true);
        (0..CAPACITY + 5).for_each(|number| journal.record(|| fault(number)));
        let kept = numbers(&journal, 0, usize::MAX);
        assert_eq!((kept.len(), kept[0], kept[CAPACITY - 1]), (CAPACITY, 6, CAPACITY as u64 + 5));
    }

    #[test]
    fn a_reader_continues_after_what_it_has_seen() {
        let journal = Journal::new(Clock::new(), true);
        (0..5).for_each(|number| journal.record(|| fault(number)));
        assert_eq!(numbers(&journal, 0, 2), [1, 2]);
        assert_eq!(numbers(&journal, 2, 10), [3, 4, 5]);
        assert!(numbers(&journal, 5, 10).is_empty() && numbers(&journal, 99, 10).is_empty());
    }

    #[test]
    fn a_journal_that_is_off_makes_no_events() {
        let journal = Journal::new(Clock::new(), false);
        journal.record(|| panic!("nobody asked for this event"));
        assert!(numbers(&journal, 0, 10).is_empty() && journal.newest().is_none());
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken_by_an_event_and_by_the_end() {
        let journal = Journal::new(Clock::new(), true);
        let mut newest = journal.newest().unwrap();
        journal.record(|| fault(1));
        assert!(newest.changed().await.is_ok());
        assert_eq!(*newest.borrow_and_update(), 1);
        journal.close();
        assert!(newest.changed().await.is_err());
    }
}
