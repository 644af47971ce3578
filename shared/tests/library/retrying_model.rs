//! A model that fails before its first token is asked again, and never after it.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use natter::llm::{Delta, LanguageModel, ModelError, Prompt, RetryingModel};
use natter::turn::FinishReason;

use crate::support::ScriptedModel;
use crate::support::Step::{self, Fail, Finish, Say};

#[tokio::test(start_paused = true)]
async fn an_overloaded_or_unreachable_model_is_retried() {
    let scripts = [vec![Fail(overloaded)], vec![Fail(unreachable)], vec![Say("Here."), Finish]];
    let model = RetryingModel::new(Arc::new(ScriptedModel::in_turn(scripts)));
    let mut deltas = model.stream(Prompt::default());
    assert_eq!(deltas.next().await.unwrap().unwrap(), Delta::Text("Here.".to_owned()));
    assert_eq!(deltas.retries(), 2);
    let end = deltas.next().await.unwrap().unwrap();
    assert_eq!(end, Delta::Finish { reason: FinishReason::Stop, usage: None });
}

#[tokio::test(start_paused = true)]
async fn retries_of_a_model_are_bounded() {
    let model = RetryingModel::new(Arc::new(ScriptedModel::new([Fail(overloaded)])));
    let mut deltas = model.stream(Prompt::default());
    assert!(matches!(deltas.next().await, Some(Err(ModelError::Overloaded { .. }))));
    assert_eq!(deltas.retries(), 3);
    deltas.cancel();
    assert!(deltas.next().await.is_none());
    assert_eq!(deltas.retries(), 3, "a call that was cancelled is still to be paid");
}

#[tokio::test(start_paused = true)]
async fn retries_respect_the_models_pause_within_the_maximal_retry_time() {
    let asked_for_four_seconds = || ModelError::Overloaded { status: 429, retry_after: Some(Duration::from_secs(4)) };
    let begun = tokio::time::Instant::now();
    let (calls, reply) = ask([vec![Fail(asked_for_four_seconds)], vec![Say("Here."), Finish]]).await;
    assert!(reply.is_ok() && calls == 2);
    assert!(begun.elapsed() >= Duration::from_secs(4));

    let asked_for_an_hour = || ModelError::Overloaded { status: 429, retry_after: Some(Duration::from_secs(3600)) };
    let (calls, reply) = ask([vec![Fail(asked_for_an_hour)], vec![Say("Late."), Finish]]).await;
    assert_eq!(calls, 1);
    assert!(reply.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_pause_longer_than_a_clock_can_count_is_not_waited_for() {
    let asked_for_eternity = || ModelError::Overloaded { status: 429, retry_after: Some(Duration::MAX) };
    let (calls, reply) = ask([vec![Fail(asked_for_eternity)], vec![Say("Late."), Finish]]).await;
    assert_eq!(calls, 1);
    assert!(matches!(reply, Err(ModelError::Overloaded { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_is_not_retried() {
    let refused = || ModelError::Refused { status: 400, objection: None };
    let (calls, reply) = ask([vec![Fail(refused)], vec![Say("Never."), Finish]]).await;
    assert_eq!(calls, 1);
    assert!(matches!(reply, Err(ModelError::Refused { .. })));
}

#[tokio::test(start_paused = true)]
async fn after_its_first_token_a_model_is_never_retried() {
    let (calls, reply) = ask([vec![Say("Half"), Fail(unreachable)], vec![Say("Other"), Finish]]).await;
    assert_eq!(calls, 1);
    assert!(matches!(reply, Err(ModelError::Unreachable(_))));
}

async fn ask(scripts: impl IntoIterator<Item = Vec<Step>>) -> (usize, Result<Vec<Delta>, ModelError>) {
    let scripted = Arc::new(ScriptedModel::in_turn(scripts));
    let model = RetryingModel::new(Arc::clone(&scripted) as _);
    let deltas: Vec<_> = model.stream(Prompt::default()).collect().await;
    (scripted.prompts().len(), deltas.into_iter().collect())
}

fn overloaded() -> ModelError {
    ModelError::Overloaded { status: 503, retry_after: None }
}

fn unreachable() -> ModelError {
    ModelError::Unreachable("refused".to_owned())
}
