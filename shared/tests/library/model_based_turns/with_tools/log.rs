//! What a reply's log says, as this test reads it.

use natter::conversation::{CallId, Entry, Outcome};

/// A call of a step that is completed.
pub struct Asked<'a> {
    pub id: &'a CallId,
    pub tool: &'a str,
    pub log: &'a [Entry],
}

/// The calls of all completed steps.
pub fn asked(log: &[Entry]) -> Vec<Asked<'_>> {
    let calls = completed(log).iter().filter_map(|entry| match entry {
        Entry::ToolCall { call, tool, .. } => Some(Asked { id: call, tool, log }),
        _ => None,
    });
    calls.collect()
}

pub fn outcomes_of<'a>(log: &'a [Entry], id: &'a CallId) -> impl Iterator<Item = &'a Outcome> {
    log.iter().filter_map(move |entry| match entry {
        Entry::ToolOutput { call, outcome, .. } if call == id => Some(outcome),
        _ => None,
    })
}

/// What is stored of steps that have ended, with what became of their calls.
pub fn completed(log: &[Entry]) -> &[Entry] {
    let last_start = log.iter().rposition(|entry| matches!(entry, Entry::StepStart)).unwrap_or(0);
    let has_ended = log[last_start..].iter().any(|entry| matches!(entry, Entry::StepEnd { .. }));
    if has_ended { log } else { &log[..last_start] }
}
