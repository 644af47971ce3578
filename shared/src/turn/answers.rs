//! What a user answers to a waiting turn, and what ends its open calls.

use super::calls::{CallState, completed, open_calls};
use crate::conversation::{CallId, Entry, Execution, Outcome, OutcomeKind};

/// The longest reason of a user, in characters.
const MAX_REASON_CHARACTERS: usize = 1_000;

/// A user's answer to a call of a waiting turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The call, as the client names it.
    pub call: CallId,
    /// What is answered.
    pub content: AnswerContent,
}

/// What a user, or the user's client, answers.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub enum AnswerContent {
    /// Whether the call may be executed.
    Approval {
        /// The answer.
        approved: bool,
        /// Why, for the model.
        #[debug("{:?} bytes", reason.as_ref().map(String::len))]
        reason: Option<String>,
    },
    /// What the client's tool returned, or the answer to a question.
    Output(Outcome),
}

/// Why the open calls of a turn end without an outcome of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakOff {
    /// The user stopped the turn.
    Stopped,
    /// The turn was cut off, or ended.
    CutOff,
    /// The user went on with another message.
    Overtaken,
    /// The user did not answer in time.
    Expired,
}

/// The entries by which these answers are added to a log. Answers to calls that do not wait for them are left out: what
/// was answered before stays as it is.
pub fn answering_entries(entries: &[Entry], answers: &[Answer]) -> Vec<Entry> {
    let open = open_calls(entries);
    let entry = |answer: &Answer| {
        let call = open.iter().find(|call| *call.id == answer.call && call.waits())?;
        let id = call.id.clone();
        match &answer.content {
            AnswerContent::Approval { approved, reason } if call.state == CallState::Asked => {
                let cut = |reason: &String| reason.chars().take(MAX_REASON_CHARACTERS).collect();
                Some(Entry::ApprovalResponse { call: id, approved: *approved, reason: reason.as_ref().map(cut) })
            }
            AnswerContent::Output(outcome) if call.execution == Execution::Client => {
                Some(Entry::ToolOutput { call: id, tool: call.tool.to_owned(), outcome: outcome.clone() })
            }
            _ => None,
        }
    };
    let mut added: Vec<Entry> = Vec::new();
    for (number, answer) in answers.iter().enumerate() {
        let is_first = !answers[..number].iter().any(|earlier| earlier.call == answer.call);
        added.extend(entry(answer).filter(|_| is_first));
    }
    added
}

/// The entries that end the open calls of a log: a history with calls that have no outcome is refused by providers.
pub fn closing_entries(entries: &[Entry], why: BreakOff) -> Vec<Entry> {
    let mut closing = Vec::new();
    for call in open_calls(entries) {
        let id = call.id.clone();
        let outcome = match (call.state, why) {
            (CallState::Started, _) => Outcome::new(OutcomeKind::Unknown, unknown(why).to_owned()),
            (CallState::Denied(reason), _) => Outcome::new(OutcomeKind::Denied, reason.unwrap_or_default().to_owned()),
            (CallState::Asked, BreakOff::Overtaken | BreakOff::Expired) => {
                let reason = not_executed(why).to_owned();
                closing.push(Entry::ApprovalResponse {
                    call: id.clone(),
                    approved: false,
                    reason: Some(reason.clone()),
                });
                Outcome::new(OutcomeKind::Denied, reason)
            }
            _ => Outcome::error(not_executed(why)),
        };
        closing.push(Entry::ToolOutput { call: id, tool: call.tool.to_owned(), outcome });
    }
    closing
}

/// The entries that end the open calls of an abandoned turn. None, if its model was writing: what that has written of calls
/// is not complete.
pub fn ends_of_open_calls(entries: &[Entry]) -> Vec<Entry> {
    let is_behind_step = completed(entries) == entries.len();
    if is_behind_step { closing_entries(entries, BreakOff::CutOff) } else { Vec::new() }
}

fn unknown(why: BreakOff) -> &'static str {
    match why {
        BreakOff::Stopped => "The user stopped this call while it ran. Whether it had its effect is not known.",
        _ => "This call was cut off while it ran. Whether it had its effect is not known.",
    }
}

fn not_executed(why: BreakOff) -> &'static str {
    match why {
        BreakOff::Stopped => "The user stopped the reply before this was executed.",
        BreakOff::CutOff => "The reply ended before this was executed.",
        BreakOff::Overtaken => "The user wrote another message instead of answering.",
        BreakOff::Expired => "Nobody answered in time.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> CallId {
        CallId::named(name)
    }

    fn call(name: &str, execution: Execution) -> Entry {
        Entry::ToolCall { call: id(name), tool: "tool".to_owned(), input: "{}".to_owned(), execution }
    }

    fn log() -> Vec<Entry> {
        vec![
            call("asked", Execution::Approval),
            call("client", Execution::Client),
            call("server", Execution::Server),
            Entry::StepEnd { model: None, usage: None },
            Entry::ApprovalRequest { call: id("asked") },
            Entry::CallStarted { call: id("server") },
        ]
    }

    fn approval(call: &str) -> Answer {
        Answer { call: id(call), content: AnswerContent::Approval { approved: true, reason: None } }
    }

    fn output(call: &str) -> Answer {
        Answer { call: id(call), content: AnswerContent::Output(Outcome::error("no")) }
    }

    #[test]
    fn only_what_waits_for_an_answer_gets_it_and_once() {
        let added = |answers: &[Answer]| answering_entries(&log(), answers).len();
        assert_eq!(added(&[approval("asked"), output("client")]), 2);
        assert_eq!(added(&[approval("client"), output("asked")]), 0);
        assert_eq!(added(&[approval("server"), output("server"), output("unknown")]), 0);
        assert_eq!(added(&[approval("asked"), approval("asked")]), 1);
        let mut answered = log();
        answered.extend(answering_entries(&log(), &[approval("asked")]));
        assert_eq!(answering_entries(&answered, &[approval("asked")]), []);
    }

    #[test]
    fn every_open_call_gets_an_end_that_says_what_is_known() {
        let mut log = log();
        let closing = closing_entries(&log, BreakOff::Overtaken);
        log.extend(closing);
        assert_eq!(open_calls(&log), []);
        let kind = |name: &str| {
            log.iter().find_map(|entry| match entry {
                Entry::ToolOutput { call, outcome, .. } if *call == id(name) => Some(outcome.kind),
                _ => None,
            })
        };
        assert_eq!(kind("asked"), Some(OutcomeKind::Denied));
        assert_eq!(kind("client"), Some(OutcomeKind::Error));
        assert_eq!(kind("server"), Some(OutcomeKind::Unknown));
    }
}
