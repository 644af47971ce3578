//! The calls of a reply, as its log tells of them.

use crate::conversation::{CallId, Entry, Execution, Outcome};

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'a> {
    /// The call.
    pub id: &'a CallId,
    /// The tool's name.
    pub tool: &'a str,
    /// The arguments, as the model wrote them.
    pub input: &'a str,
    /// Who executes it.
    pub execution: Execution,
    /// How far it is.
    pub state: CallState<'a>,
}

/// The state of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState<'a> {
    /// The model has asked for it.
    Ready,
    /// The user was asked whether it may be executed.
    Asked,
    /// The user has allowed it.
    Approved,
    /// The user has not allowed it, for this reason.
    Denied(Option<&'a str>),
    /// The server has started it.
    Started,
    /// It has ended.
    Ended(&'a Outcome),
}

impl Call<'_> {
    /// Whether it goes on only when the user, or the user's client, has answered.
    pub fn waits(&self) -> bool {
        match self.state {
            CallState::Asked => true,
            CallState::Ready => self.execution == Execution::Client,
            CallState::Approved | CallState::Denied(_) | CallState::Started | CallState::Ended(_) => false,
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, CallState::Ended(_))
    }
}

/// The calls in a log, in the order in which the model asked for them.
pub fn calls(entries: &[Entry]) -> Vec<Call<'_>> {
    let mut calls: Vec<Call<'_>> = Vec::new();
    for entry in entries {
        let (id, state) = match entry {
            Entry::ToolCall { call, tool, input, execution } => {
                calls.push(Call { id: call, tool, input, execution: *execution, state: CallState::Ready });
                continue;
            }
            Entry::ApprovalRequest { call } => (call, CallState::Asked),
            Entry::ApprovalResponse { call, approved: true, .. } => (call, CallState::Approved),
            Entry::ApprovalResponse { call, approved: false, reason } => (call, CallState::Denied(reason.as_deref())),
            Entry::CallStarted { call } => (call, CallState::Started),
            Entry::ToolOutput { call, outcome, .. } => (call, CallState::Ended(outcome)),
            _ => continue,
        };
        // The first end of a call counts.
        if let Some(call) = calls.iter_mut().rev().find(|call| call.id == id && !call.has_ended()) {
            call.state = state;
        }
    }
    calls
}

/// The calls that have not ended.
pub fn open_calls(entries: &[Entry]) -> Vec<Call<'_>> {
    calls(entries).into_iter().filter(|call| !call.has_ended()).collect()
}

/// How many entries belong to model calls that have ended, with what became of their tool calls. Behind them is what a
/// model call has written that did not end.
pub fn completed(entries: &[Entry]) -> usize {
    let Some(end) = entries.iter().rposition(|entry| matches!(entry, Entry::StepEnd { .. })) else { return 0 };
    let behind = entries[end..].iter().position(|entry| matches!(entry, Entry::StepStart));
    behind.map_or(entries.len(), |next| end + next)
}

/// How many model calls have ended.
pub fn steps(entries: &[Entry]) -> usize {
    entries.iter().filter(|entry| matches!(entry, Entry::StepEnd { .. })).count()
}

/// Where the log goes on for a client that has answered `call`: where the first call of the same model call was answered
/// or closed, or at its end. `None` if there is no such call.
pub fn behind_requests(entries: &[Entry], call: &CallId) -> Option<usize> {
    let asked = entries.iter().position(|entry| matches!(entry, Entry::ToolCall { call: id, .. } if id == call))?;
    let end = entries[asked..].iter().position(|entry| matches!(entry, Entry::StepEnd { .. }))? + asked + 1;
    let next =
        entries[end..].iter().position(|entry| matches!(entry, Entry::StepStart)).map_or(entries.len(), |at| end + at);
    let request = entries[end..next].iter().rposition(|entry| matches!(entry, Entry::ApprovalRequest { .. }));
    let behind = request.map_or(end, |at| end + at + 1);
    let is_clients = |id: &CallId| {
        let call = calls(entries).into_iter().find(|call| call.id == id);
        call.is_some_and(|call| call.execution != Execution::Server)
    };
    let answer = entries[behind..].iter().position(|entry| match entry {
        Entry::ApprovalResponse { .. } => true,
        Entry::ToolOutput { call, .. } => is_clients(call),
        _ => false,
    });
    Some(answer.map_or(entries.len(), |answer| behind + answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, execution: Execution) -> Entry {
        let (call, tool) = (CallId::named(name), "tool".to_owned());
        Entry::ToolCall { call, tool, input: "{}".to_owned(), execution }
    }

    fn end() -> Entry {
        Entry::StepEnd { model: None, usage: None }
    }

    fn output(name: &str) -> Entry {
        Entry::ToolOutput { call: CallId::named(name), tool: "tool".to_owned(), outcome: Outcome::error("no") }
    }

    #[test]
    fn a_call_waits_for_the_user_until_there_is_an_answer() {
        let request = Entry::ApprovalRequest { call: CallId::named("a") };
        let mut log = vec![
            Entry::StepStart,
            call("a", Execution::Approval),
            call("b", Execution::Client),
            call("c", Execution::Server),
            end(),
            request,
        ];
        let waiting = |log: &[Entry]| {
            let waiting = open_calls(log).into_iter().filter(Call::waits);
            waiting.map(|call| call.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(waiting(&log), ["a", "b"]);
        log.push(Entry::ApprovalResponse { call: CallId::named("a"), approved: true, reason: None });
        assert_eq!(calls(&log)[0].state, CallState::Approved);
        assert_eq!(waiting(&log), ["b"]);
        log.push(output("b"));
        assert_eq!(waiting(&log), Vec::<String>::new());
        assert_eq!(open_calls(&log).len(), 2);
    }

    #[test]
    fn a_late_outcome_changes_nothing() {
        let answered = Entry::ToolOutput {
            call: CallId::named("a"),
            tool: "tool".to_owned(),
            outcome: Outcome::new(crate::conversation::OutcomeKind::Text, "yes".to_owned()),
        };
        let log = [call("a", Execution::Server), end(), answered, output("a")];
        assert!(matches!(calls(&log)[0].state, CallState::Ended(outcome) if outcome.text == "yes"));
    }

    #[test]
    fn what_a_model_call_wrote_that_did_not_end_is_not_complete() {
        let text = Entry::Text { text: "Hm".to_owned() };
        let log = [Entry::StepStart, call("a", Execution::Server), end(), output("a"), Entry::StepStart, text.clone()];
        assert_eq!(completed(&log), 4);
        assert_eq!(completed(&log[..4]), 4);
        assert_eq!(completed(&[Entry::StepStart, text]), 0);
        assert_eq!(steps(&log), 1);
    }

    #[test]
    fn an_answer_is_continued_behind_what_its_client_has() {
        let request = |name| Entry::ApprovalRequest { call: CallId::named(name) };
        let response = Entry::ApprovalResponse { call: CallId::named("a"), approved: true, reason: None };
        let asked = [Entry::StepStart, call("a", Execution::Approval), call("b", Execution::Server)];
        let behind = [end(), request("a"), Entry::CallStarted { call: CallId::named("b") }, output("b"), request("c")];
        let log = [&asked[..], &behind, &[response, output("a"), Entry::StepStart]].concat();
        assert_eq!(behind_requests(&log, &CallId::named("a")), Some(8));
        assert_eq!(behind_requests(&log[..8], &CallId::named("a")), Some(8), "no answer yet");
        assert_eq!(behind_requests(&log, &CallId::named("d")), None);
        // A call that was refused at once was not answered by its client.
        let refused = [
            end(),
            output("a"),
            request("b"),
            Entry::ApprovalResponse { call: CallId::named("b"), approved: true, reason: None },
        ];
        let log = [&[call("a", Execution::Approval), call("b", Execution::Approval)][..], &refused].concat();
        assert_eq!(behind_requests(&log, &CallId::named("b")), Some(5));
    }
}
