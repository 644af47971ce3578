//! Retries a model that fails before its first token.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::StreamExt;
use tokio::time::{Instant, sleep};

use super::{DeltaStream, LanguageModel, ModelError, Prompt};

/// How often a model is retried, with exponential backoff of about 0.3, 0.6 and 1.2 s, and jitter so that many rejected
/// callers do not return together.
const MAX_RETRIES: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// The most time that retries may take, whatever the server asks for.
const MAX_RETRY_TIME: Duration = Duration::from_secs(15);

/// Retries when the model is overloaded, unreachable, or reports an internal error. After the first token it is never
/// retried: that would contradict what was shown.
pub struct RetryingModel {
    model: Arc<dyn LanguageModel>,
}

impl RetryingModel {
    /// Adds retries to `model`.
    pub fn new(model: Arc<dyn LanguageModel>) -> Self {
        Self { model }
    }
}

impl LanguageModel for RetryingModel {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        let model = Arc::clone(&self.model);
        DeltaStream::opening(async move {
            let begun = Instant::now();
            let pauses =
                ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(MAX_RETRIES).with_jitter();
            let mut pauses = pauses.build();
            let mut retries = 0_u32;
            loop {
                let mut deltas = model.stream(prompt.clone());
                let first = deltas.next().await;
                let again = match &first {
                    Some(Err(error)) => error.retry().and_then(|asked| Some((error, pauses.next()?.max(asked)))),
                    _ => None,
                };
                let Some((error, pause)) =
                    again.filter(|(_, pause)| begun.elapsed().saturating_add(*pause) < MAX_RETRY_TIME)
                else {
                    return deltas.beginning_with(first).after_retries(retries);
                };
                tracing::warn!(model = model.name(), %error, "the model failed before its first token; retrying");
                retries = retries.saturating_add(1);
                sleep(pause).await;
            }
        })
    }
}

impl ModelError {
    /// Whether to retry, and after which pause at least.
    fn retry(&self) -> Option<Duration> {
        match self {
            ModelError::Overloaded { retry_after, .. } => Some(retry_after.unwrap_or_default()),
            ModelError::Unreachable(_) | ModelError::BrokenOff(_) | ModelError::Empty | ModelError::Fault => {
                Some(Duration::ZERO)
            }
            ModelError::Misconfigured { .. }
            | ModelError::Refused { .. }
            | ModelError::ContextTooLong
            | ModelError::ContentFiltered
            | ModelError::Stalled { .. }
            | ModelError::Malformed(_) => None,
        }
    }
}
