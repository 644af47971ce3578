//! Turns the events of a reply into deltas, whichever protocol they come in: what is a delta, what is the end, and the
//! limits of time and size.
//!
//! Text that was emitted is never taken back because of a fault elsewhere, and a failure or a cut is never an end.

use std::pin::Pin;

use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::task::consume_budget;
use tokio::time::{Duration, Instant, Sleep, sleep_until, timeout_at};

use super::speech::Speech;
use super::stream_event::{StreamEvent, StreamEvents};
use super::{CallLimits, Delta, DeltaStream, ModelError, Phase};
use crate::conversation::Usage;
use crate::turn::FinishReason;

/// How long to wait for more after the finish reason: the usage, which some servers send last, or, from servers that
/// send a reason too early, the rest.
const FINISH_GRACE: Duration = Duration::from_secs(5);

/// The deltas of the reply whose events `opening` yields, each phase within its limit. Nothing happens until it is
/// polled. `keeps_provider_data` if the caller may continue the reply.
pub fn listen(
    limits: CallLimits,
    keeps_provider_data: bool,
    opening: impl Future<Output = Result<StreamEvents, ModelError>> + Send + 'static,
) -> DeltaStream {
    let opened = async move {
        let first_token_by = from_now(limits.first_token);
        let events = timeout_at(first_token_by, opening)
            .await
            .map_err(|_| ModelError::Stalled { phase: Phase::FirstToken, limit: limits.first_token })??;
        let transcript = Transcript::new(events, Speech::new(limits, keeps_provider_data), limits, first_token_by);
        Ok(stream::unfold(Some(transcript), |transcript| async {
            let mut transcript = transcript?;
            match transcript.next().await {
                Ok(delta @ Delta::Finish { .. }) => Some((Ok(delta), None)),
                Ok(delta) => Some((Ok(delta), Some(transcript))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    };
    DeltaStream::new(stream::once(opened).try_flatten())
}

struct Transcript {
    events: StreamEvents,
    speech: Speech,
    finish_reason: Option<FinishReason>,
    // Something came after the finish reason.
    goes_on: bool,
    input_tokens: Option<u64>,
    cached_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    has_foreign_events: bool,
    // Nothing more is read.
    has_ended: bool,
    failure: Option<ModelError>,
    limits: CallLimits,
    phase: Phase,
    // One timer for all events, which each of them resets.
    idle_timer: Pin<Box<Sleep>>,
}

impl Transcript {
    fn new(events: StreamEvents, speech: Speech, limits: CallLimits, first_token_by: Instant) -> Self {
        Self {
            events,
            speech,
            finish_reason: None,
            goes_on: false,
            input_tokens: None,
            cached_input_tokens: None,
            output_tokens: None,
            has_foreign_events: false,
            has_ended: false,
            failure: None,
            limits,
            phase: Phase::FirstToken,
            idle_timer: Box::pin(sleep_until(first_token_by)),
        }
    }

    async fn next(&mut self) -> Result<Delta, ModelError> {
        loop {
            // Events that are always ready must not starve the turn's other work and the runtime's timers.
            consume_budget().await;
            if let Some(delta) = self.speech.next() {
                return Ok(delta);
            }
            if self.has_ended {
                self.speech.finish(self.failure.is_none() && self.finish_reason.is_some());
                match self.speech.next() {
                    Some(rest) => return Ok(rest),
                    None => return self.end(),
                }
            }
            tokio::select! {
                biased;
                event = self.events.next() => match event {
                    Some(Ok(event)) => self.take(event),
                    Some(Err(error)) => self.fail(error),
                    None => self.has_ended = true,
                },
                () = &mut self.idle_timer => match self.finish_reason {
                    Some(_) => self.has_ended = true,
                    None => self.fail(self.stalled()),
                },
            }
        }
    }

    fn take(&mut self, event: StreamEvent) {
        // A count of 0 is no count: a prompt is never empty, and an empty reply needs none.
        self.input_tokens = event.input_tokens.filter(|tokens| *tokens > 0).or(self.input_tokens);
        self.output_tokens = event.output_tokens.filter(|tokens| *tokens > 0).or(self.output_tokens);
        self.cached_input_tokens = event.cached_input_tokens.or(self.cached_input_tokens);
        match event.is_whole {
            true => self.speech.hear_whole(event.reasoning, event.provider_data, &event.text),
            false => {
                self.speech.hear(event.reasoning, event.provider_data, event.text, event.finish_reason.is_some());
            }
        }
        self.speech.cite(event.sources);
        let has_called = self.speech.hear_calls(event.calls, event.is_whole);
        if self.speech.is_full() {
            return self.cut();
        }
        // A buffered delta is no delta yet, but no stall either.
        if self.speech.is_ready() || has_called {
            self.goes_on = self.finish_reason.is_some();
            self.phase = Phase::NextToken;
            self.reset_idle_timeout(self.next_token());
        }
        if let Some(error) = event.failure {
            return self.fail(error);
        }
        self.has_foreign_events |= event.is_foreign;
        if let Some(reason) = event.finish_reason {
            // A repeated reason does not reset the timeout.
            if self.finish_reason.is_none() {
                self.reset_idle_timeout(self.after(reason));
            }
            self.finish_reason = Some(reason);
            self.goes_on = false;
        }
        if event.is_last {
            self.conclude();
        }
    }

    // The server says that nothing follows. A stream without a finish reason is complete, too, unless it was empty, or
    // had an event that may have been an error.
    fn conclude(&mut self) {
        self.has_ended = true;
        if self.finish_reason.is_some() {
            return;
        }
        if !self.speech.has_answered() && !self.speech.has_thought() {
            self.failure = Some(ModelError::Empty);
        } else if !self.has_foreign_events {
            self.finish_reason = Some(FinishReason::Stop);
        }
    }

    // The reply is cut here. What the model has counted so far is not the final usage.
    fn cut(&mut self) {
        self.has_ended = true;
        self.finish_reason = Some(FinishReason::Length);
        (self.input_tokens, self.output_tokens) = (None, None);
    }

    // A failure after a reason and an answer comes too late to matter.
    fn fail(&mut self, error: ModelError) {
        self.has_ended = true;
        let is_whole = self.finish_reason.is_some() && self.speech.has_answered() && !self.goes_on;
        self.failure = Some(error).filter(|_| !is_whole);
    }

    // How long to wait for more after a reason. Some servers send one where the reasoning ends.
    fn after(&self, reason: FinishReason) -> Duration {
        match reason {
            FinishReason::Stop if self.speech.has_thought() && !self.speech.has_answered() => self.next_token(),
            _ => FINISH_GRACE,
        }
    }

    // A model may stall before its answer for as long as before its first token.
    fn next_token(&self) -> Duration {
        match self.speech.has_answered() {
            true => self.limits.next_token,
            false => self.limits.next_token.max(self.limits.first_token),
        }
    }

    fn reset_idle_timeout(&mut self, limit: Duration) {
        self.idle_timer.as_mut().reset(from_now(limit));
    }

    fn end(&mut self) -> Result<Delta, ModelError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let reason = self.finish_reason.ok_or_else(|| ModelError::BrokenOff("it ended without a reason".to_owned()))?;
        let reason = match reason {
            FinishReason::Length | FinishReason::ContentFilter => reason,
            _ if self.speech.has_called() => FinishReason::ToolCalls,
            _ => reason,
        };
        Ok(Delta::Finish { reason, usage: self.usage() })
    }

    // A partial count would be mistaken for a complete one.
    fn usage(&self) -> Option<Usage> {
        let has_spoken = self.speech.has_answered() || self.speech.has_thought();
        let output_tokens = self.output_tokens.or((!has_spoken).then_some(0))?;
        let input_tokens = self.input_tokens?;
        let cached_input_tokens = self.cached_input_tokens.unwrap_or_default().min(input_tokens);
        Some(Usage { input_tokens, output_tokens, cached_input_tokens })
    }

    fn stalled(&self) -> ModelError {
        let limit = match self.phase {
            Phase::NextToken => self.next_token(),
            _ => self.limits.first_token,
        };
        ModelError::Stalled { phase: self.phase, limit }
    }
}

// Limits beyond what the clock can represent are capped.
fn from_now(limit: Duration) -> Instant {
    const LONG: Duration = Duration::from_secs(24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(limit.min(LONG)).unwrap_or(now)
}
