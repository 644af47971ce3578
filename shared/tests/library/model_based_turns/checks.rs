//! The promises, checked at every step and at the end.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use natter::allowance::RunId;
use natter::conversation::{Role, Status};
use natter::db::StoredMessage;
use natter::llm::Delta;
use natter::turn::FinishReason;
use serde_json::Value;

use super::expectation::{CLIENTS, Expectation};
use super::simulation::{LEASE, Simulation};

impl Simulation {
    // What holds at every moment: one reply at most is being written, and none becomes shorter unless it has ended as another.
    pub(super) fn check_step(&mut self) {
        self.check_running();
        let messages = self.store.messages();
        let replies = messages.iter().map(|written| &written.message).filter(|message| message.role == Role::Assistant);
        for reply in replies {
            let stored = self.longest.entry(reply.id.to_string()).or_default();
            let bytes = reply.content().len();
            let may_be_shorter = matches!(reply.status, Status::Complete | Status::Stopped);
            assert!(bytes >= *stored || may_be_shorter, "{bytes} bytes are left of {stored} ({:?})", reply.status);
            *stored = bytes.max(*stored);
        }
    }

    pub(super) fn check_running(&self) {
        let messages = self.store.messages();
        let is_running = |written: &&StoredMessage| written.message.status == Status::Streaming;
        let running = messages.iter().filter(is_running).count();
        assert!(running <= 1, "{running} replies are being written at once");
    }

    /// Lets everything come to its end, and checks the promises.
    pub fn settle_and_check(mut self, expected: &Expectation) {
        self.functions.iter().for_each(|(_, freezer)| freezer.thaw());
        self.store.deliver_delayed();
        for _ in 0..4 {
            self.wait(2 * LEASE);
            self.sweep();
            self.wait(Duration::from_secs(1));
            self.model.say(|| Ok(Delta::Finish { reason: FinishReason::Stop, usage: None }));
            self.wait(Duration::from_secs(15));
        }
        self.check_step();
        self.check_answers();
        self.check_turns(expected);
        let messages = self.store.messages();
        let settled = self.store.settled();
        for StoredMessage { message, .. } in messages.iter().filter(|written| written.message.role == Role::Assistant) {
            assert_eq!(settled.get(&RunId::first(&message.id)), Some(&1), "a turn is settled once");
        }
        let stored: BTreeMap<String, String> =
            messages.iter().map(|written| (written.message.id.to_string(), written.message.content())).collect();
        for client in 0..CLIENTS {
            self.check_view(client, &stored);
        }
    }

    /// Every accepted message is stored once and has a reply, and every turn has ended once.
    pub(super) fn check_turns(&self, expected: &Expectation) {
        let messages = self.store.messages();
        assert_eq!(self.store.ends().values().copied().max().unwrap_or(1), 1, "a turn has ended twice");
        for StoredMessage { message, .. } in &messages {
            assert_ne!(message.status, Status::Streaming, "a turn is stranded");
        }

        for (client, sent) in expected.sent.iter().enumerate() {
            assert!(self.clients[client].accepted.len() <= *sent);
            for (name, text) in &self.clients[client].accepted {
                let is_named = |name: &str| {
                    messages
                        .iter()
                        .filter(|written| written.message.client_id.as_ref().is_some_and(|id| id.as_str() == name))
                        .collect::<Vec<_>>()
                };
                let [question] = is_named(name)[..] else { panic!("{name} is not stored once") };
                assert_eq!((question.message.role, question.message.content()), (Role::User, text.clone()));
                let mut answers =
                    messages.iter().filter(|written| written.message.parent_id.as_ref() == Some(&question.message.id));
                let first = answers.next().map(|written| written.message.status);
                assert!(first.is_some(), "{name} has no reply");
                let was_stopped = self.stopped_early.contains(name);
                assert!(!was_stopped || first != Some(Status::Complete), "{name} was stopped before it came");
            }
        }
    }

    // Every connected client that sent a message received an end, or the answer that there is none.
    pub(super) fn check_answers(&self) {
        for (connection, request) in &self.asked {
            let is_there = (0..CLIENTS).any(|client| self.connection(client) == *connection);
            let frames = self.sink.frames(connection);
            let mut of_request = frames.iter().filter(|frame| frame["requestId"] == request.as_str());
            let is_answered = of_request.any(|frame| matches!(frame["type"].as_str(), Some("end" | "error")));
            // A client that has aborted a reply does not wait for its end.
            let waits = is_there && !self.store.has_let_go(connection, request);
            assert!(is_answered || !waits, "{request} of {connection} is still waiting");
        }
    }

    // What a client shows is what is stored: at once where its stream came to an end, and where it received `interrupted`
    // after a `resume`, which finds nothing to show where it is stored like that.
    fn check_view(&mut self, client: usize, stored: &BTreeMap<String, String>) {
        let connection = self.connection(client);
        let frames = self.sink.frames(&connection);
        let mut was_interrupted = None;
        let mut ended = HashSet::new();
        for frame in &frames {
            let request = frame["requestId"].as_str().unwrap();
            let ends = matches!(frame["type"].as_str(), Some("end" | "error"));
            // A client ignores what comes behind the end of a stream.
            // Who has let go of a reply, having resumed it once more, is shown no more of it.
            let has_left =
                || frames.iter().any(|frame| frame["requestId"] == request && frame["chunk"]["reason"] == "left");
            if !ends || !ended.insert(request) || has_left() {
                continue;
            }
            let Some(message) = message_of(&frames, request) else { continue };
            let shown = self.sink.text(&connection, request);
            match frame["code"].as_str() {
                Some("interrupted") => was_interrupted = Some((message, shown)),
                // Of many requests that follow one reply the newest do.
                Some("rate_limited") => {}
                _ => {
                    assert_eq!(shown, stored[&message], "{request} shows something else");
                    was_interrupted = was_interrupted.filter(|(interrupted, _)| *interrupted != message);
                }
            }
        }
        let head = self.store.messages().pop().map(|written| written.message.id.to_string());
        if let Some((message, shown)) = was_interrupted.filter(|(message, _)| Some(message) == head.as_ref()) {
            let before = self.sink.frames(&connection).len();
            self.resume(client);
            self.wait(Duration::from_secs(5));
            let frames = &self.sink.frames(&connection)[before..];
            let shown = match frames.first().and_then(|frame| frame["requestId"].as_str()) {
                Some(request) => self.sink.text(&connection, request),
                None => shown,
            };
            assert_eq!(shown, stored[&message], "after a resume");
        }
    }
}

// The message whose reply a request was shown.
pub(super) fn message_of(frames: &[Value], request: &str) -> Option<String> {
    let start = frames.iter().find(|frame| frame["requestId"] == request && frame["chunk"]["type"] == "start")?;
    Some(start["chunk"]["messageId"].as_str()?.to_owned())
}
