//! What the cases have brought about, altogether: a promise about what never happens says nothing.

use std::collections::BTreeMap;

use natter::conversation::{Entry, Outcome, OutcomeKind};
use natter::db::StoredMessage;

use super::log::{asked, outcomes_of};
use super::workshop::{FAILURE, Run, SHOW};

/// How often each of them has happened.
#[derive(Debug, Default)]
pub struct Coverage(BTreeMap<&'static str, usize>);

impl Coverage {
    pub(super) fn of(replies: &[StoredMessage], runs: &[Run]) -> Self {
        let mut seen = Self::default();
        let (mut made, mut again) = (BTreeMap::new(), 0);
        for run in runs {
            again += usize::from(made.insert(&run.key, ()).is_some());
        }
        seen.add("a call is executed", made.len());
        seen.add("a call is made again with the same key", again);
        for reply in replies {
            let log = &reply.message.entries;
            let steps = log.iter().filter(|entry| matches!(entry, Entry::StepEnd { .. })).count();
            let attempts = reply.lease.as_ref().map_or(0, |lease| lease.attempt);
            seen.add("a reply has several steps", usize::from(steps > 1));
            seen.add("a reply has several owners and several steps", usize::from(steps > 1 && attempts > 1));
            for call in asked(log) {
                for outcome in outcomes_of(log, call.id) {
                    seen.add(name(call.tool, outcome), 1);
                }
                let is_approved = |entry: &&Entry| matches!(entry, Entry::ApprovalResponse { call: of, approved: true, .. } if of == call.id);
                seen.add("a call is approved", log.iter().filter(is_approved).count());
            }
        }
        seen
    }

    fn add(&mut self, what: &'static str, times: usize) {
        *self.0.entry(what).or_default() += times;
    }

    pub fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|(what, times)| self.add(what, times));
    }

    /// Checks that all has happened in a good part of the cases.
    pub fn check(&self, cases: u32) {
        let rare: Vec<_> = self.0.iter().filter(|(_, times)| **times < cases as usize / 100).collect();
        assert!(rare.is_empty() && self.0.len() >= KINDS, "in {cases} cases: {self:?}");
    }
}

const KINDS: usize = 15;

fn name(tool: &str, outcome: &Outcome) -> &'static str {
    match outcome.kind {
        OutcomeKind::Text | OutcomeKind::Json | OutcomeKind::Parts if tool == SHOW => "the page executes a call",
        OutcomeKind::Text | OutcomeKind::Json | OutcomeKind::Parts => "a call has an output",
        OutcomeKind::Unknown if outcome.text == FAILURE => "a tool breaks off",
        OutcomeKind::Unknown => "a call is cut off",
        OutcomeKind::Error if outcome.text == FAILURE => "a tool fails",
        OutcomeKind::Error if outcome.text.starts_with("There is no tool") => "a tool is made up",
        OutcomeKind::Error => "a call is not made",
        OutcomeKind::Denied if outcome.text.contains("another message") => "another message comes instead of an answer",
        OutcomeKind::Denied if outcome.text.contains("in time") => "nobody answers in time",
        OutcomeKind::Denied => "a user denies a call",
    }
}
