//! What clients were shown of replies with tools.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use natter::conversation::{CallId, Entry, OutcomeKind, Status};
use natter::turn::Lease;
use serde_json::Value;

use super::super::checks::message_of;
use super::super::expectation::CLIENTS;
use super::decisions::answerable;
use super::log::outcomes_of;
use super::simulation::ToolSimulation;

/// Later a reply is not resumed, but read.
const REPLAYED_FOR: Duration = Duration::from_secs(10 * 60);

impl ToolSimulation {
    // What a client shows is what is stored: at once where its stream came to an end, and where it received `interrupted`,
    // after a `resume`.
    pub(super) fn check_views(&mut self) {
        let stored: BTreeMap<String, Vec<Entry>> =
            self.replies().into_iter().map(|reply| (reply.message.id.to_string(), reply.message.entries)).collect();
        for client in 0..CLIENTS {
            let connection = self.turns.connection(client);
            let mut interrupted = None;
            let mut ended = HashSet::new();
            for frame in self.turns.sink.frames(&connection) {
                let request = frame["requestId"].as_str().unwrap();
                let ends = matches!(frame["type"].as_str(), Some("end" | "error"));
                // A client ignores what comes behind the end of a stream.
                if !ends || !ended.insert(request.to_owned()) {
                    continue;
                }
                let view = self.view(&connection, request);
                let Some(message) = view.message.clone().filter(|_| !view.has_left) else { continue };
                match frame["code"].as_str() {
                    Some("interrupted") => interrupted = Some((message, view)),
                    // Of many requests that follow one reply the newest do.
                    Some("rate_limited") => {}
                    _ => {
                        view.check(&stored[&message]);
                        interrupted = interrupted.filter(|(of, _)| *of != message);
                    }
                }
            }
            if let Some((message, view)) = interrupted {
                self.check_resumed(client, &message, &view);
            }
        }
    }

    // Of the reply at the head, as long as it is no history: that is read.
    fn check_resumed(&mut self, client: usize, message: &str, interrupted: &View) {
        let is_recent = |lease: &Lease| lease.expires_at + REPLAYED_FOR > self.now();
        let Some(head) = self.replies().pop().filter(|head| head.message.id.as_str() == message) else { return };
        if !head.lease.as_ref().is_some_and(is_recent) {
            return;
        }
        let connection = self.turns.connection(client);
        let before = self.turns.sink.frames(&connection).len();
        self.turns.resume(client);
        self.turns.wait(Duration::from_secs(5));
        let log = &head.message.entries;
        match self.turns.sink.frames(&connection)[before..].first() {
            Some(frame) => self.view(&connection, frame["requestId"].as_str().unwrap()).check(log),
            // It was answered elsewhere, and waits again: who comes so late reads it.
            None if head.message.status == Status::Waiting && answerable(log).iter().any(|call| !call.is_open) => {}
            None => interrupted.check(log),
        }
    }

    fn view(&self, connection: &str, request: &str) -> View {
        let frames: Vec<Value> =
            self.turns.sink.frames(connection).into_iter().filter(|frame| frame["requestId"] == request).collect();
        let chunks = || frames.iter().map(|frame| &frame["chunk"]);
        let outcome = |chunk: &Value| {
            let kind = chunk["type"].as_str()?.strip_prefix("tool-output-")?;
            Some((chunk["toolCallId"].as_str()?.to_owned(), kind.to_owned()))
        };
        let finish = chunks().find(|chunk| chunk["type"] == "finish");
        View {
            request: request.to_owned(),
            message: message_of(&frames, request),
            text: self.turns.sink.text(connection, request),
            outcomes: chunks().filter_map(outcome).collect(),
            has_left: chunks().any(|chunk| chunk["reason"] == "left"),
            goes_on: finish
                .is_some_and(|finish| matches!(finish["finishReason"].as_str(), Some("tool-calls" | "interrupted"))),
            is_behind: self.answering.contains(request),
        }
    }
}

/// What a client was shown for one request.
struct View {
    request: String,
    message: Option<String>,
    text: String,
    // How calls have ended.
    outcomes: Vec<(String, String)>,
    has_left: bool,
    // The reply waited.
    goes_on: bool,
    // It begins behind what was answered.
    is_behind: bool,
}

impl View {
    fn check(&self, stored: &[Entry]) {
        let text: String = stored.iter().filter(|entry| matches!(entry, Entry::Text { .. })).map(Entry::text).collect();
        let is_stored = match (self.is_behind, self.goes_on) {
            (false, false) => text == self.text,
            (false, true) => text.starts_with(&self.text),
            (true, false) => text.ends_with(&self.text),
            (true, true) => text.contains(&self.text),
        };
        assert!(is_stored, "{} shows {:?}, and {text:?} is stored", self.request, self.text);
        for (call, shown) in &self.outcomes {
            let id = CallId::named(call);
            let kinds: Vec<&str> = outcomes_of(stored, &id).map(|outcome| shown_as(outcome.kind)).collect();
            assert_eq!(kinds, [shown], "{} shows another outcome of {call}", self.request);
        }
    }
}

fn shown_as(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Text | OutcomeKind::Json | OutcomeKind::Parts => "available",
        OutcomeKind::Error | OutcomeKind::Unknown => "error",
        OutcomeKind::Denied => "denied",
    }
}
