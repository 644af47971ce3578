//! A call of the model, from the prompt to the stream of deltas.

use futures::StreamExt;
use futures::stream::{Peekable, pending};
use tokio::time::Instant;

use crate::llm::{DeltaStream, LanguageModel, Prompt};
use crate::services::allowance_service::Prompts;

/// A call of the model.
pub(super) struct ModelCall {
    /// When it was made.
    pub(super) started: Instant,
    pub(super) deltas: Peekable<DeltaStream>,
    /// Tokens of the prompt, estimated before the model has counted them.
    pub(super) prompt_tokens: u64,
    /// The turn was stopped before it started: no model is called.
    pub(super) is_stopped: bool,
    /// Its first delta has come.
    pub(super) has_spoken: bool,
}

impl ModelCall {
    /// Calls the model, unless the turn is stopped already.
    pub(super) fn start(model: &dyn LanguageModel, prompt: Prompt, prompt_tokens: u64, is_stopped: bool) -> Self {
        let deltas = if is_stopped { DeltaStream::new(pending()) } else { model.stream(prompt) };
        Self { started: Instant::now(), deltas: deltas.peekable(), prompt_tokens, is_stopped, has_spoken: false }
    }

    /// No call yet: the turn goes on with something else, unless it is stopped already.
    pub(super) fn none(is_stopped: bool) -> Self {
        Self {
            started: Instant::now(),
            deltas: DeltaStream::new(pending()).peekable(),
            prompt_tokens: 0,
            is_stopped,
            has_spoken: false,
        }
    }

    /// Drops the call: the rest of the model's answer is not needed.
    pub(super) fn cancel(&mut self) {
        self.deltas.get_mut().cancel();
    }

    /// The fallback model that writes the reply, if it is not the one that was called. Known with its first delta.
    pub(super) fn selected_model(&self) -> Option<&str> {
        self.deltas.get_ref().selected_model()
    }

    /// How often the model was retried before its first token.
    pub(super) fn retries(&self) -> u32 {
        self.deltas.get_ref().retries()
    }

    /// The prompts that were sent.
    pub(super) fn prompts(&self) -> Prompts {
        let calls = if self.is_stopped { 0 } else { self.retries().saturating_add(1) };
        Prompts { calls, tokens: self.prompt_tokens }
    }
}
