//! What holds of tools, at every step and in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use natter::conversation::{Entry, Outcome, OutcomeKind, Status};
use natter::db::StoredMessage;
use natter::llm::Delta;
use natter::turn::{Ending, FinishReason};

use super::super::expectation::Expectation;
use super::super::simulation::LEASE;
use super::coverage::Coverage;
use super::decisions::Decision;
use super::log::{Asked, asked, completed, outcomes_of};
use super::simulation::{DAY, ToolSimulation};
use super::workshop::{FAILURE, LOOK, Run, SHOW, Work, done};

/// How often everything gets the chance to come to its end: a reply has a few steps, and a few owners.
const MAX_ROUNDS: usize = 12;

impl ToolSimulation {
    // What holds at every moment: no call is made twice that may act, none without the approval that it needs, and what is
    // stored of completed steps stays as it is.
    pub(super) fn check_step(&mut self) {
        self.problems.check();
        self.turns.check_running();
        let mut made = BTreeSet::new();
        for run in self.workshop.runs() {
            self.decisions.check(&run);
            assert!(made.insert(run.key.clone()) || run.tool == LOOK, "{} of {} acts twice", run.key, run.tool);
        }
        for StoredMessage { message, ending, .. } in self.replies() {
            let lasting = match ending {
                // It may be answered, or closed.
                Some(Ending::Waiting) | None => completed(&message.entries),
                Some(_) => &message.entries,
            };
            let before = self.lasting.insert(message.id.clone(), lasting.to_vec()).unwrap_or_default();
            assert!(lasting.starts_with(&before), "{before:?} has become {lasting:?}");
        }
    }

    /// Lets everything come to its end, and checks the promises.
    pub fn settle_and_check(mut self, expected: &Expectation) -> Coverage {
        self.turns.functions.iter().for_each(|(_, freezer)| freezer.thaw());
        self.turns.store.deliver_delayed();
        self.turns.store.answer_saves_after(Duration::ZERO);
        let mut rounds = 0;
        while rounds < 2 || !self.is_settled() {
            rounds += 1;
            assert!(rounds <= MAX_ROUNDS, "a turn is stranded: {:?}", self.replies().pop());
            self.turns.wait(2 * LEASE);
            self.turns.sweep();
            self.turns.wait(Duration::from_secs(1));
            self.turns.model.say(|| Ok(Delta::Finish { reason: FinishReason::Stop, usage: None }));
            self.turns.wait(Duration::from_secs(1));
            self.workshop.end_all();
            self.turns.wait(Duration::from_secs(15));
            self.check_step();
        }
        let unheard = self.turns.store.unheard();
        self.turns.asked.retain(|asked| !unheard.contains(asked));
        self.turns.check_answers();
        self.check_views();

        self.turns.wait(8 * DAY);
        self.turns.sweep();
        self.turns.wait(Duration::from_secs(1));
        self.check_step();
        self.turns.check_turns(expected);
        let (replies, runs) = (self.replies(), self.workshop.runs());
        for reply in &replies {
            assert_ne!(reply.message.status, Status::Waiting, "it waits for ever");
            for call in asked(&reply.message.entries) {
                self.check_call(&call, &runs, reply.message.status);
            }
        }
        Coverage::of(&replies, &runs)
    }

    fn is_settled(&self) -> bool {
        let is_open = |reply: &StoredMessage| reply.message.status == Status::Streaming || reply.is_due;
        !self.replies().iter().any(is_open)
    }

    // Every call that was asked for has one outcome, and it is true.
    fn check_call(&self, call: &Asked<'_>, runs: &[Run], status: Status) {
        let (id, log) = (call.id, call.log);
        let outcomes: Vec<&Outcome> = outcomes_of(log, id).collect();
        let runs: Vec<&Run> = runs.iter().filter(|run| run.key == id.as_str()).collect();
        let is_started = log.iter().any(|entry| matches!(entry, Entry::CallStarted { call } if call == id));
        let [outcome] = outcomes[..] else {
            panic!("{id} of a {status:?} reply has {} outcomes: {log:?}", outcomes.len())
        };
        let decision = self.decisions.of(id.as_str());
        let told = (outcome.kind, outcome.text.as_str());
        let is_true = match outcome.kind {
            OutcomeKind::Text | OutcomeKind::Json | OutcomeKind::Parts if call.tool == SHOW => {
                decision == Some(&Decision::Shown(outcome.text.clone()))
            }
            OutcomeKind::Text | OutcomeKind::Json | OutcomeKind::Parts => {
                outcome.text == done(id.as_str()) && runs.iter().any(|run| run.work == Some(Work::Done))
            }
            OutcomeKind::Denied => runs.is_empty() && decision != Some(&Decision::Approved),
            OutcomeKind::Unknown => is_started,
            OutcomeKind::Error if outcome.text == FAILURE => runs.iter().any(|run| run.work == Some(Work::Failed)),
            // Whatever the sentence says, it says that the call was not made.
            OutcomeKind::Error => runs.is_empty() && !matches!(decision, Some(Decision::Denied | Decision::Shown(_))),
        };
        assert!(is_true, "{id} of {}: {told:?} is not true, {decision:?}, {} runs: {log:?}", call.tool, runs.len());
    }
}
