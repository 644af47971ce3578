//! Several models as one: if the first fails before its first token, the next is asked.

use std::sync::Arc;

use futures::StreamExt;

use super::{DeltaStream, LanguageModel, ModelError, Prompt};
use crate::logging::METRIC;

/// A model with fallbacks, in order. After the first token no fallback is asked: it would contradict what was shown.
pub struct FallbackModel {
    model: Arc<dyn LanguageModel>,
    others: Vec<Arc<dyn LanguageModel>>,
}

impl FallbackModel {
    /// `model`, and `others` as its fallbacks.
    pub fn new(model: Arc<dyn LanguageModel>, others: Vec<Arc<dyn LanguageModel>>) -> Self {
        Self { model, others }
    }
}

impl LanguageModel for FallbackModel {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        let (mut model, mut others) = (Arc::clone(&self.model), self.others.clone().into_iter());
        DeltaStream::opening(async move {
            let mut selected_model = None;
            loop {
                let mut deltas = model.stream(prompt.clone());
                let first = deltas.next().await;
                if let Some(Err(error @ ModelError::Misconfigured { .. })) = &first {
                    tracing::error!(target: METRIC, Misconfigured = 1, model = model.name(), %error, "the model is misconfigured");
                }
                let next = match &first {
                    Some(Err(error)) if error.may_be_this_models_alone() => others.next().map(|next| (error, next)),
                    _ => None,
                };
                let Some((error, next)) = next else {
                    let selected_model = selected_model.filter(|_| matches!(first, Some(Ok(_))));
                    return deltas.beginning_with(first).of_model(selected_model);
                };
                tracing::warn!(model = model.name(), next = next.name(), %error, "the model failed before its first token; falling back");
                selected_model = Some(next.name().to_owned());
                model = next;
            }
        })
    }
}

impl ModelError {
    /// Whether another model may do better with the same prompt.
    fn may_be_this_models_alone(&self) -> bool {
        match self {
            ModelError::Unreachable(_)
            | ModelError::Misconfigured { .. }
            | ModelError::Refused { .. }
            | ModelError::Overloaded { .. }
            | ModelError::Stalled { .. }
            | ModelError::BrokenOff(_)
            | ModelError::Malformed(_)
            | ModelError::Empty
            | ModelError::Fault => true,
            ModelError::ContextTooLong | ModelError::ContentFiltered => false,
        }
    }
}
