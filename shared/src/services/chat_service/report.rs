//! The one log line of each turn that has ended. The metrics of turns are fields of it.

use super::run::RunningTurn;
use crate::conversation::{Status, Timings, Usage, millis};
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
            error = error.map(tracing::field::display),
            finish = finish.map(tracing::field::display),
            model = reply.model,
            input_tokens = reply.usage.map(|usage| usage.input_tokens),
            output_tokens = reply.usage.map(|usage| usage.output_tokens),
            "the turn has ended"
        );
    }
}

/// Output tokens per second after the first token, to a hundredth.
#[allow(clippy::cast_precision_loss, reason = "no reply has 2^52 tokens")]
fn tokens_per_second((usage, timings): (Usage, Timings)) -> Option<f64> {
    let writing = timings.total_ms.saturating_sub(timings.first_token_ms);
    (writing > 0).then(|| (usage.output_tokens as f64 * 100_000.0 / writing as f64).round() / 100.0)
}
