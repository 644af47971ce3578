//! The chunks of atomic entries: steps, sources, and calls of tools.

use crate::conversation::{CallId, Entry, Execution, OutcomeKind};
use crate::protocol::{Chunk, shown_input, shown_output, shown_sentence};

/// The chunk of an atomic entry of this log; `None` if clients are not shown it.
pub(super) fn atomic_chunk<'a>(entry: &'a Entry, entries: &[Entry]) -> Option<Chunk<'a>> {
    Some(match entry {
        Entry::StepStart => Chunk::StartStep,
        Entry::StepEnd { .. } => Chunk::FinishStep,
        Entry::Source { source } => {
            Chunk::SourceUrl { source_id: source.url(), url: source.url(), title: source.title() }
        }
        Entry::ToolStart { call, tool } => Chunk::ToolInputStart { tool_call_id: call.as_str(), tool_name: tool },
        Entry::ToolCall { call, tool, input, execution } => Chunk::ToolInputAvailable {
            tool_call_id: call.as_str(),
            tool_name: tool,
            input: shown_input(input),
            // A client that reads a reply again is not to execute what was answered.
            provider_executed: *execution == Execution::Server || has_ended(call, entries),
        },
        Entry::ApprovalRequest { call } => {
            Chunk::ToolApprovalRequest { approval_id: call.as_str(), tool_call_id: call.as_str() }
        }
        Entry::ApprovalResponse { call, approved, reason } => Chunk::ToolApprovalResponse {
            approval_id: call.as_str(),
            approved: *approved,
            reason: reason.as_deref(),
            provider_executed: true,
        },
        Entry::ToolOutput { call, outcome, .. } => match outcome.kind {
            OutcomeKind::Text | OutcomeKind::Json | OutcomeKind::Parts => {
                Chunk::ToolOutputAvailable { tool_call_id: call.as_str(), output: shown_output(outcome) }
            }
            OutcomeKind::Error | OutcomeKind::Unknown => {
                Chunk::ToolOutputError { tool_call_id: call.as_str(), error_text: shown_sentence(&outcome.text) }
            }
            OutcomeKind::Denied => Chunk::ToolOutputDenied { tool_call_id: call.as_str() },
        },
        Entry::CallStarted { .. } | Entry::ProviderData { .. } | Entry::Text { .. } | Entry::Reasoning { .. } => {
            return None;
        }
    })
}

/// Whether the last model call asked for something that the client answers.
pub(super) fn asks_client(entries: &[Entry]) -> bool {
    let last_step = entries.iter().rev().take_while(|entry| !matches!(entry, Entry::StepStart));
    let mut calls = last_step.filter_map(|entry| match entry {
        Entry::ToolCall { execution, .. } => Some(*execution),
        _ => None,
    });
    calls.any(|execution| execution != Execution::Server)
}

fn has_ended(call: &CallId, entries: &[Entry]) -> bool {
    entries.iter().any(|entry| matches!(entry, Entry::ToolOutput { call: ended, .. } if ended == call))
}
