//! What users have decided, as far as a test that has sent their answers knows.

use std::collections::{BTreeMap, BTreeSet};

use natter::conversation::{CallId, Entry, Execution, Outcome, OutcomeKind};
use natter::protocol::AnswerFrame;
use natter::turn::{Answer, AnswerContent};

use super::expectation::{Choice, Which};
use super::workshop::{BOOK, FREE, ORDER, Run, SELL};

/// The answer to a call that counts: the first one that came while its turn waited for it.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    Approved,
    Denied,
    /// The page has executed it, with this output.
    Shown(String),
}

#[derive(Default)]
pub struct Decisions {
    decided: BTreeMap<String, Decision>,
    // Tools that need no more approval.
    allowed: BTreeSet<String>,
}

impl Decisions {
    /// Remembers the answers of an accepted frame to a turn that waited with this log.
    pub fn remember(&mut self, log: &[Entry], frame: &AnswerFrame) {
        for answer in &frame.answers {
            let Some(call) = answerable(log).into_iter().find(|call| *call.id == answer.call && call.is_open) else {
                continue;
            };
            let decision = match &answer.content {
                AnswerContent::Approval { approved: true, .. } => Decision::Approved,
                AnswerContent::Approval { approved: false, .. } => Decision::Denied,
                AnswerContent::Output(outcome) => Decision::Shown(outcome.text.clone()),
            };
            let is_allowed = call.tool == BOOK || frame.always_allowed.contains(call.id);
            if decision == Decision::Approved && is_allowed {
                self.allowed.insert(call.tool.to_owned());
            }
            self.decided.entry(call.id.to_string()).or_insert(decision);
        }
    }

    pub fn of(&self, key: &str) -> Option<&Decision> {
        self.decided.get(key)
    }

    /// A call that needs approval runs only if it was approved, or its tool was allowed by then.
    pub fn check(&self, run: &Run) {
        let needs_approval = matches!(run.tool, ORDER | BOOK) || run.tool == SELL && run.n > FREE;
        let decision = self.decided.get(&run.key);
        assert_ne!(decision, Some(&Decision::Denied), "{} runs, which was denied", run.key);
        let may_run = !needs_approval || decision == Some(&Decision::Approved) || self.allowed.contains(run.tool);
        assert!(may_run, "{} of {} runs without approval", run.key, run.tool);
    }
}

/// A call that a page shows as one to answer.
pub struct Answerable<'a> {
    pub id: &'a CallId,
    tool: &'a str,
    is_pages: bool,
    /// Nobody has answered it yet.
    pub is_open: bool,
}

/// The calls of a log that a page shows as ones to answer, answered or not.
pub fn answerable(log: &[Entry]) -> Vec<Answerable<'_>> {
    let mut calls = Vec::new();
    for entry in log {
        let Entry::ToolCall { call: id, tool, execution, .. } = entry else { continue };
        let is_about = |entry: &&Entry| match entry {
            Entry::ApprovalRequest { call } => call == id,
            Entry::ApprovalResponse { call, .. } | Entry::ToolOutput { call, .. } => call == id,
            _ => false,
        };
        let mut known = log.iter().filter(is_about);
        let is_pages = *execution == Execution::Client;
        if is_pages || matches!(known.next(), Some(Entry::ApprovalRequest { .. })) {
            calls.push(Answerable { id, tool, is_pages, is_open: known.next().is_none() });
        }
    }
    calls
}

/// What a client answers to a reply with this log.
pub fn answers(log: &[Entry], choice: Choice, output: &str) -> Vec<Answer> {
    let calls = answerable(log);
    let mut open = calls.iter().filter(|call| call.is_open);
    let picked: Vec<_> = match choice.which {
        Which::All => calls.iter().collect(),
        Which::First => open.next().into_iter().collect(),
        Which::Last => open.next_back().into_iter().collect(),
    };
    let answer = |call: &Answerable<'_>| {
        let content = match call.is_pages {
            true => AnswerContent::Output(Outcome::new(OutcomeKind::Text, output)),
            false => AnswerContent::Approval { approved: choice.approves, reason: None },
        };
        Answer { call: call.id.clone(), content }
    };
    picked.into_iter().map(answer).collect()
}
