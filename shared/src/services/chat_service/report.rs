//! The one log line of each turn that has ended. The metrics of turns are fields of it.

use super::run::RunningTurn;
use crate::conversation::{Entry, OutcomeKind, Status, Timings, Usage, millis};
use crate::logging::METRIC;
use crate::turn::Ending;

impl RunningTurn {
    /// Logs how the turn ended and what it used. To be called once its end is stored.
    pub(super) fn report(&self) {
        let reply = &self.reply;
        let (finish, error) = match reply.ending {
            Some(Ending::Complete(reason)) => (Some(reason), None),
            Some(Ending::Failed(code)) => (None, Some(code)),
            Some(Ending::Waiting | Ending::Stopped | Ending::Interrupted) | None => (None, None),
        };
        let posted = self.audience.posted();
        let tools = self.steps.as_ref().map(|steps| ToolCounts::of(&reply.entries, steps.first_entry));
        tracing::info!(
            target: METRIC,
            Turns = 1,
            Ending = %reply.ending.map_or(Status::Interrupted, Ending::status),
            TimeToFirstToken = reply.first_token.map(millis),
            TurnTime = millis(self.started.elapsed()),
            TokensPerSecond = reply.usage.zip(reply.timings).and_then(tokens_per_second),
            Dollars = reply.cost,
            Posts = posted.posts,
            PostedBytes = posted.bytes,
            Saves = self.saver.saves(),
            ModelRetries = self.call.retries(),
            ModelSteps = tools.map(|tools| tools.steps),
            ToolCalls = tools.map(|tools| tools.calls),
            FailedToolCalls = tools.map(|tools| tools.failed),
            DeniedToolCalls = tools.map(|tools| tools.denied),
            UnknownToolCalls = tools.map(|tools| tools.unknown),
            Approvals = tools.map(|tools| tools.approvals),
            error = error.map(tracing::field::display),
            finish = finish.map(tracing::field::display),
            model = reply.model,
            input_tokens = reply.usage.map(|usage| usage.input_tokens),
            output_tokens = reply.usage.map(|usage| usage.output_tokens),
            "the turn has ended"
        );
    }
}

/// What a function has written of tools.
#[derive(Debug, Clone, Copy, Default)]
struct ToolCounts {
    steps: u64,
    calls: u64,
    failed: u64,
    denied: u64,
    // Not made again, since they may have had their effect.
    unknown: u64,
    approvals: u64,
}

impl ToolCounts {
    fn of(entries: &[Entry], first: usize) -> Self {
        let mut counts = Self::default();
        for entry in entries.iter().skip(first) {
            match entry {
                Entry::StepEnd { .. } => counts.steps += 1,
                Entry::ApprovalRequest { .. } => counts.approvals += 1,
                Entry::ToolOutput { outcome, .. } => {
                    counts.calls += 1;
                    match outcome.kind {
                        OutcomeKind::Error => counts.failed += 1,
                        OutcomeKind::Denied => counts.denied += 1,
                        OutcomeKind::Unknown => counts.unknown += 1,
                        OutcomeKind::Text | OutcomeKind::Json | OutcomeKind::Parts => {}
                    }
                }
                _ => {}
            }
        }
        counts
    }
}

/// Output tokens per second after the first token, to a hundredth.
#[allow(clippy::cast_precision_loss, reason = "no reply has 2^52 tokens")]
fn tokens_per_second((usage, timings): (Usage, Timings)) -> Option<f64> {
    let writing = timings.total_ms.saturating_sub(timings.first_token_ms);
    (writing > 0).then(|| (usage.output_tokens as f64 * 100_000.0 / writing as f64).round() / 100.0)
}
