//! Meters what AWS would charge for, from the journal's events alone.

mod bill;
pub mod prices;
mod usage;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

pub use bill::{Bill, Item};
pub use usage::{DatabaseUsage, FunctionUsage, Turn, Usage};

use crate::events::Event;

/// A message is charged for each started 32 KB.
const MESSAGE_STEP: usize = 32 * 1024;

/// A connection is charged by the minute.
const MINUTE: u64 = 60 * 1_000_000;

/// Counts events. Times are in microseconds since 1970.
#[derive(Debug, Default)]
pub struct Meter {
    /// The usage without the minutes of open connections.
    counted: Usage,
    open: BTreeMap<String, LiveConnection>,
    /// Invocations under way by their request id, and whether they have called the model.
    under_way: HashMap<String, bool>,
}

/// An open connection and its traffic.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveConnection {
    /// Its id.
    pub connection: String,
    /// Its user, from the authorizer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Since when, in milliseconds since 1970.
    pub opened_at: u64,
    /// Messages from the client.
    pub frames_in: u64,
    /// Their bytes.
    pub bytes_in: u64,
    /// Messages to the client.
    pub frames_out: u64,
    /// Their bytes.
    pub bytes_out: u64,
    /// Since when its minutes are counted.
    #[serde(skip)]
    metered_from: u64,
}

impl Meter {
    /// Counts an event that happened at `at`.
    pub fn count(&mut self, event: &Event, at: u64) {
        match event {
            Event::ConnectionOpened { connection, handshake } => {
                let live = LiveConnection {
                    connection: connection.clone(),
                    principal: handshake.principal.clone(),
                    opened_at: at / 1000,
                    frames_in: 0,
                    bytes_in: 0,
                    frames_out: 0,
                    bytes_out: 0,
                    metered_from: at,
                };
                self.open.insert(connection.clone(), live);
            }
            Event::ConnectionClosed { connection, .. } => {
                if let Some(closed) = self.open.remove(connection) {
                    self.counted.connection_minutes += closed.minutes(at);
                }
            }
            Event::FrameIn { connection, body, .. } => {
                self.counted.messages_in += messages(body.length());
                if let Some(live) = self.open.get_mut(connection) {
                    live.frames_in += 1;
                    live.bytes_in += body.length() as u64;
                }
            }
            Event::FrameOut { connection, body } => {
                self.counted.messages_out += messages(body.length());
                if let Some(live) = self.open.get_mut(connection) {
                    live.frames_out += 1;
                    live.bytes_out += body.length() as u64;
                }
            }
            Event::InvocationEnded { invocation, billed_millis, memory, .. } => {
                let function = self.counted.functions.entry(invocation.function.clone()).or_default();
                function.requests += 1;
                function.billed_millis += billed_millis;
                function.megabyte_millis += billed_millis * memory;
                if let Some(request) = &invocation.request {
                    self.under_way.remove(request);
                }
            }
            Event::Database { operation, read_units, write_units, .. } => {
                let usage = self.counted.database.entry(operation.clone()).or_default();
                usage.calls += 1;
                usage.read_units += read_units;
                usage.write_units += write_units;
            }
            Event::Model { invocation, .. } => {
                self.counted.model_calls += 1;
                let called = invocation.request.as_ref().and_then(|request| self.under_way.get_mut(request));
                if let Some(called) = called.filter(|called| !**called) {
                    *called = true;
                    self.counted.model_turns += 1;
                }
            }
            Event::InvocationStarted { invocation, .. } => {
                if let Some(request) = &invocation.request {
                    self.under_way.insert(request.clone(), false);
                }
            }
            Event::ConnectionRefused { .. }
            | Event::ModelStream { .. }
            | Event::Management { .. }
            | Event::InvocationAnswered { .. }
            | Event::InvocationRefused { .. }
            | Event::Fault { .. }
            | Event::Log { .. } => {}
        }
    }

    /// The usage until `now`, open connections included.
    pub fn usage(&self, now: u64) -> Usage {
        let mut usage = self.counted.clone();
        usage.connection_minutes += self.open.values().map(|live| live.minutes(now)).sum::<u64>();
        usage
    }

    /// Resets all counts. Connections stay open.
    pub fn reset(&mut self, now: u64) {
        self.counted = Usage::default();
        self.open.values_mut().for_each(|live| live.metered_from = now);
    }

    /// The open connections.
    pub fn connections(&self) -> Vec<LiveConnection> {
        self.open.values().cloned().collect()
    }
}

impl LiveConnection {
    /// How many minutes have started. How AWS rounds is not documented; this is never too low.
    fn minutes(&self, now: u64) -> u64 {
        now.saturating_sub(self.metered_from).div_ceil(MINUTE)
    }
}

/// How many billed messages a message is. An empty one is one, too.
fn messages(bytes: usize) -> u64 {
    bytes.div_ceil(MESSAGE_STEP).max(1) as u64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::events::{Excerpt, Handshake, Invocation, Origin};

    const KB: usize = 1024;

    fn opened(id: &str) -> Event {
        Event::ConnectionOpened { connection: id.to_owned(), handshake: Handshake::default() }
    }

    fn closed(id: &str) -> Event {
        Event::ConnectionClosed { connection: id.to_owned(), code: 1000, reason: String::new() }
    }

    fn started(request: &str) -> Event {
        let (invocation, origin) = (invocation(request), Origin::default());
        Event::InvocationStarted { invocation, cold: false, waited: Duration::ZERO, origin }
    }

    fn ended(request: &str, billed_millis: u64) -> Event {
        Event::InvocationEnded {
            invocation: invocation(request),
            millis: Duration::ZERO,
            init: None,
            billed_millis,
            memory: 256,
            memory_used: None,
            error: None,
        }
    }

    fn invocation(request: &str) -> Invocation {
        Invocation { function: "F".to_owned(), environment: Some(0), request: Some(request.to_owned()) }
    }

    fn usage(events: &[Event]) -> Usage {
        let mut meter = Meter::default();
        events.iter().for_each(|event| meter.count(event, 0));
        meter.usage(0)
    }

    #[test]
    fn each_32_kb_that_have_begun_are_a_message_in_both_directions() {
        let frame_in = |bytes| Event::FrameIn {
            connection: "c".to_owned(),
            gateway_request: String::new(),
            body: Excerpt::of(vec![b'x'; bytes]),
        };
        let frame_out = |bytes| Event::FrameOut { connection: "c".to_owned(), body: Excerpt::of(vec![b'x'; bytes]) };
        let usage = usage(&[frame_in(0), frame_in(32 * KB), frame_out(33 * KB), frame_out(128 * KB)]);
        assert_eq!((usage.messages_in, usage.messages_out), (2, 6));
    }

    #[test]
    fn minutes_are_counted_as_they_begin_while_a_connection_is_open_and_after_it() {
        let mut meter = Meter::default();
        meter.count(&opened("a"), 0);
        meter.count(&opened("b"), 0);
        assert_eq!(meter.usage(MINUTE + 1).connection_minutes, 4);
        meter.count(&closed("a"), 2 * MINUTE);
        assert_eq!(meter.usage(5 * MINUTE).connection_minutes, 2 + 5);
        meter.reset(5 * MINUTE);
        assert_eq!(meter.usage(6 * MINUTE).connection_minutes, 1);
    }

    #[test]
    fn a_function_is_charged_for_its_memory_and_time() {
        let usage = usage(&[ended("a", 100), ended("b", 300)]);
        let function = &usage.functions["F"];
        assert_eq!((function.requests, function.billed_millis), (2, 400));
        assert_eq!(function.gigabyte_seconds(), 0.1);
    }

    #[test]
    fn an_invocation_is_one_turn_however_often_it_calls_the_model() {
        let model = |request| Event::Model { invocation: invocation(request), status: 200, millis: Duration::ZERO };
        let usage = usage(&[
            started("a"),
            started("b"),
            started("c"),
            model("a"),
            model("a"),
            model("b"),
            ended("a", 1),
            ended("b", 1),
            ended("c", 1),
        ]);
        assert_eq!((usage.model_calls, usage.turns()), (3, (2, Turn::ModelInvocation)));
    }
}
