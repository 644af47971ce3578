//! A reply as it is listened to, whichever protocol it comes in: what makes a delta, what makes an end, how long each phase may
//! take, and how much may come.

use std::collections::VecDeque;
use std::pin::Pin;

use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tokio::task::consume_budget;
use tokio::time::{Duration, Instant, Sleep, sleep_until, timeout_at};

use super::reply_bounds::ReplyBounds;
use super::{CallLimits, Delta, DeltaStream, ModelError, Phase};
use crate::conversation::Usage;
use crate::turn::FinishReason;

/// How long after the reason for the end the usage, which some servers send last, is waited for.
const AFTER_FINISH: Duration = Duration::from_secs(2);

/// What one event of a model's stream says. Most say one thing, keep-alives nothing.
#[derive(Default)]
pub struct StreamEvent {
    /// What is added to the thoughts.
    pub reasoning: String,
    /// What is added to the answer.
    pub text: String,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// Tokens of the prompt. Of several reports, the last counts.
    pub input_tokens: Option<u64>,
    /// Tokens of the reply. Of several reports, the last counts.
    pub output_tokens: Option<u64>,
    /// What follows, if anything, is not of this reply.
    pub is_last: bool,
}

/// The events of a model's stream.
pub type StreamEvents = BoxStream<'static, Result<StreamEvent, ModelError>>;

/// The deltas of the reply whose events `opening` brings, each phase within its limit. Nothing happens until it is polled.
pub fn listen(
    limits: CallLimits,
    opening: impl Future<Output = Result<StreamEvents, ModelError>> + Send + 'static,
) -> DeltaStream {
    let opened = async move {
        let first_token_by = from_now(limits.first_token);
        let events = timeout_at(first_token_by, opening)
            .await
            .map_err(|_| ModelError::Silent { phase: Phase::FirstToken, limit: limits.first_token })??;
        let transcript = Transcript {
            events,
            ready: VecDeque::new(),
            bounds: ReplyBounds::new(limits),
            has_spoken: false,
            finish_reason: None,
            input_tokens: None,
            output_tokens: None,
            has_ended: false,
            limits,
            phase: Phase::FirstToken,
            patience: Box::pin(sleep_until(first_token_by)),
        };
        Ok(stream::unfold(Some(transcript), |transcript| async {
            let mut transcript = transcript?;
            match transcript.next().await {
                Ok(delta @ Delta::Finish { .. }) => Some((Ok(delta), None)),
                Ok(delta) => Some((Ok(delta), Some(transcript))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    };
    stream::once(opened).try_flatten().boxed()
}

struct Transcript {
    events: StreamEvents,
    ready: VecDeque<Delta>,
    bounds: ReplyBounds,
    has_spoken: bool,
    finish_reason: Option<FinishReason>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    has_ended: bool,
    limits: CallLimits,
    phase: Phase,
    // One timer for all events, which is put off with each.
    patience: Pin<Box<Sleep>>,
}

impl Transcript {
    async fn next(&mut self) -> Result<Delta, ModelError> {
        loop {
            // Events that are always there already must not keep the turn's other work, and the runtime's timers, from their turn.
            consume_budget().await;
            if let Some(delta) = self.ready.pop_front() {
                return Ok(delta);
            }
            if self.has_ended {
                return self.end();
            }
            tokio::select! {
                biased;
                event = self.events.next() => match event {
                    Some(event) => self.take(event?),
                    None => self.has_ended = true,
                },
                () = &mut self.patience => match self.finish_reason {
                    Some(_) => self.has_ended = true,
                    None => return Err(self.silence()),
                },
            }
        }
    }

    fn take(&mut self, event: StreamEvent) {
        // No count is 0: a prompt is never empty, and where nothing was said there is nothing to count.
        self.input_tokens = event.input_tokens.filter(|tokens| *tokens > 0).or(self.input_tokens);
        self.output_tokens = event.output_tokens.filter(|tokens| *tokens > 0).or(self.output_tokens);
        for delta in [Delta::Reasoning(event.reasoning), Delta::Text(event.text)] {
            if self.say(delta) {
                return self.cut();
            }
        }
        // A reason that is repeated is no sign of life.
        if event.finish_reason.is_some() && self.finish_reason.is_none() {
            self.be_patient(AFTER_FINISH);
        }
        self.finish_reason = event.finish_reason.or(self.finish_reason);
        if event.is_last {
            self.has_ended = true;
            // A server that never names a reason has come to its end, too.
            self.finish_reason.get_or_insert(FinishReason::Stop);
        }
    }

    // `true` when the reply has reached its bounds.
    fn say(&mut self, mut delta: Delta) -> bool {
        let is_empty = |delta: &Delta| matches!(delta, Delta::Reasoning(text) | Delta::Text(text) if text.is_empty());
        if is_empty(&delta) {
            return false;
        }
        let is_full = self.bounds.reach(&mut delta);
        if !is_empty(&delta) {
            self.ready.push_back(delta);
            self.has_spoken = true;
            self.phase = Phase::NextToken;
            self.be_patient(self.limits.next_token);
        }
        is_full
    }

    // The reply ends here. What the model has counted so far is not what it took.
    fn cut(&mut self) {
        self.has_ended = true;
        self.finish_reason = Some(FinishReason::Length);
        (self.input_tokens, self.output_tokens) = (None, None);
    }

    fn be_patient(&mut self, limit: Duration) {
        self.patience.as_mut().reset(from_now(limit));
    }

    fn end(&self) -> Result<Delta, ModelError> {
        let reason = self.finish_reason.ok_or_else(|| ModelError::BrokenOff("it ended without a reason".to_owned()))?;
        Ok(Delta::Finish { reason, usage: self.usage() })
    }

    // Half a count would be taken for a whole one.
    fn usage(&self) -> Option<Usage> {
        let output_tokens = self.output_tokens.or((!self.has_spoken).then_some(0))?;
        Some(Usage { input_tokens: self.input_tokens?, output_tokens })
    }

    fn silence(&self) -> ModelError {
        let limit = match self.phase {
            Phase::NextToken => self.limits.next_token,
            _ => self.limits.first_token,
        };
        ModelError::Silent { phase: self.phase, limit }
    }
}

// A limit that no clock can count is no limit.
fn from_now(limit: Duration) -> Instant {
    const LONG: Duration = Duration::from_secs(24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(limit.min(LONG)).unwrap_or(now)
}
