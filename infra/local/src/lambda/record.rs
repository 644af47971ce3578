//! What the journal is told of a function's environments.

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

    /// The invocation that an environment is at.
    pub(super) fn invocation(&self, environment: &Environment) -> Invocation {
        self.named(environment, environment.request_id())
    }

    /// Records that an environment has been given an event.
    pub(super) fn record_begin(&self, environment: &Environment, event: &NextInvocation, now: Instant) {
        self.journal().record(|| Event::InvocationBegun {
            invocation: self.named(environment, Some(event.request_id.clone())),
            cold: event.cold,
            waited: now - event.since,
            origin: Origin::of(&event.payload),
        });
    }

    /// Records that a function has answered.
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

    /// Records that an invocation is over, by this error if it failed.
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

    /// Records that the function could not be given an event.
    pub(super) fn record_refusal(&self, error: &InvocationError) {
        let function = || self.settings.function.id.clone();
        self.journal().record(|| Event::InvocationRefused { function: function(), error: error.to_string() });
    }

    fn named(&self, environment: &Environment, request: Option<String>) -> Invocation {
        Invocation { function: self.settings.function.id.clone(), environment: Some(environment.id), request }
    }
}
