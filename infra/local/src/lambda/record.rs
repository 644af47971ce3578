//! Records the invocations of a function's environments in the journal.

use tokio::time::Instant;

use super::environment::{Environment, NextInvocation, Report};
use super::error::InvocationError;
use super::pool::Pool;
use crate::events::{Event, Invocation, Origin};
use crate::journal::Journal;

impl Pool {
    /// Where it is recorded.
    pub(super) fn journal(&self) -> &Journal {
        &self.settings.upstreams.journal
    }

    /// The current invocation of an environment.
    pub(super) fn invocation(&self, environment: &Environment) -> Invocation {
        self.named(environment, environment.request_id())
    }

    /// Records the start of an invocation.
    pub(super) fn record_begin(&self, environment: &Environment, event: &NextInvocation, now: Instant) {
        self.journal().record(|| Event::InvocationStarted {
            invocation: self.named(environment, Some(event.request_id.clone())),
            cold: event.cold,
            waited: now - event.since,
            origin: Origin::of(&event.payload),
        });
    }

    /// Records a function's response.
    pub(super) fn record_answer(
        &self,
        environment: &Environment,
        request_id: &str,
        began: Instant,
        error: Option<InvocationError>,
    ) {
        self.journal().record(|| Event::InvocationAnswered {
            invocation: self.named(environment, Some(request_id.to_owned())),
            millis: self.clock.now() - began,
            error: error.map(|error| error.to_string()),
        });
    }

    /// Records the end of an invocation, with its error if it failed.
    pub(super) fn record_end(
        &self,
        environment: &Environment,
        request_id: String,
        report: &Report,
        error: Option<&InvocationError>,
    ) {
        self.journal().record(|| Event::InvocationEnded {
            invocation: self.named(environment, Some(request_id)),
            millis: report.duration,
            init: report.init,
            billed_millis: report.billed().as_millis() as u64,
            memory: report.memory_size,
            memory_used: report.memory_used,
            error: error.map(ToString::to_string),
        });
    }

    /// Records an invocation that did not start.
    pub(super) fn record_refusal(&self, error: &InvocationError) {
        let function = || self.settings.function.id.clone();
        self.journal().record(|| Event::InvocationRefused { function: function(), error: error.to_string() });
    }

    fn named(&self, environment: &Environment, request: Option<String>) -> Invocation {
        Invocation { function: self.settings.function.id.clone(), environment: Some(environment.id), request }
    }
}
