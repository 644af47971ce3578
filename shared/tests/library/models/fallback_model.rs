//! A model that fails before its first token has others to fall back on, and never after it.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use natter::llm::{Delta, FallbackModel, LanguageModel, Misconfiguration, ModelError, Phase, Prompt, RetryingModel};
use natter::turn::FinishReason;

use super::{finish, text};
use crate::support::ScriptedModel;
use crate::support::Step::{self, Fail, Finish, Say};

#[tokio::test]
async fn the_first_model_answers_alone_while_it_can() {
    let (calls, reply) = ask([vec![Say("Here."), Finish], vec![Say("Never."), Finish]]).await;
    assert_eq!(calls, [1, 0]);
    assert_eq!(reply.unwrap(), [text("Here."), finish(FinishReason::Stop, None)]);
}

#[tokio::test]
async fn after_a_failure_of_one_model_the_next_is_called_and_named() {
    let failures: [fn() -> ModelError; 9] = [
        overloaded,
        || ModelError::Unreachable("refused".to_owned()),
        || ModelError::Refused { status: 400, objection: None },
        unknown_model,
        || ModelError::Stalled { phase: Phase::FirstToken, limit: Duration::from_secs(60) },
        || ModelError::BrokenOff("it ended".to_owned()),
        || ModelError::Malformed("line 1".to_owned()),
        || ModelError::Empty,
        || ModelError::Fault,
    ];
    for failure in failures {
        let models = scripted([vec![Fail(failure)], vec![Fail(failure)], vec![Say("Here."), Finish]]);
        let mut deltas = fallback(&models).stream(Prompt::default());
        let first = deltas.next().await.unwrap().unwrap();
        assert_eq!((first, deltas.selected_model()), (text("Here."), Some("model 3")), "{}", failure());
        assert_eq!(deltas.next().await.unwrap().unwrap(), finish(FinishReason::Stop, None));
        assert_eq!(calls(&models), [1, 1, 1], "{}", failure());
    }
}

#[tokio::test]
async fn an_error_of_the_prompt_calls_no_fallback() {
    for failure in [|| ModelError::ContextTooLong, || ModelError::ContentFiltered] {
        let (calls, reply) = ask([vec![Fail(failure)], vec![Say("Never."), Finish]]).await;
        assert_eq!(calls, [1, 0]);
        assert_eq!(reply.unwrap_err().code(), failure().code());
    }
}

#[tokio::test]
async fn after_its_first_token_no_fallback_is_called() {
    let (calls, reply) = ask([vec![Say("Half"), Fail(overloaded)], vec![Say("Other"), Finish]]).await;
    assert_eq!(calls, [1, 0]);
    assert!(matches!(reply, Err(ModelError::Overloaded { .. })));
}

#[tokio::test]
async fn if_all_models_fail_the_last_error_is_returned() {
    let (calls, reply) = ask([vec![Fail(overloaded)], vec![Fail(unknown_model)]]).await;
    assert_eq!(calls, [1, 1]);
    assert!(matches!(reply, Err(ModelError::Misconfigured { status: Some(404), .. })));
}

#[tokio::test(start_paused = true)]
async fn retries_try_all_models_in_each_of_four_rounds() {
    let models = scripted([vec![Fail(overloaded)], vec![Fail(overloaded)]]);
    let model = RetryingModel::new(Arc::new(fallback(&models)));
    let reply: Result<Vec<_>, _> = model.stream(Prompt::default()).collect::<Vec<_>>().await.into_iter().collect();
    assert!(matches!(reply, Err(ModelError::Overloaded { .. })));
    assert_eq!(calls(&models), [4, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_answers_is_called_once_like_the_first_model() {
    let models = scripted([vec![Fail(overloaded)], vec![Say("Here."), Finish]]);
    let model = RetryingModel::new(Arc::new(fallback(&models)));
    let reply = model.stream(Prompt::default()).collect::<Vec<_>>().await;
    assert!(reply.iter().all(Result::is_ok), "{reply:?}");
    assert_eq!(calls(&models), [1, 1]);
}

async fn ask<const N: usize>(scripts: [Vec<Step>; N]) -> (Vec<usize>, Result<Vec<Delta>, ModelError>) {
    let models = scripted(scripts);
    let reply = fallback(&models).stream(Prompt::default()).collect::<Vec<_>>().await;
    (calls(&models), reply.into_iter().collect())
}

fn scripted<const N: usize>(scripts: [Vec<Step>; N]) -> Vec<Arc<ScriptedModel>> {
    let named = |(number, script)| Arc::new(ScriptedModel::new(script).named(format!("model {}", number + 1)));
    scripts.into_iter().enumerate().map(named).collect()
}

fn fallback(models: &[Arc<ScriptedModel>]) -> FallbackModel {
    let mut models = models.iter().map(|model| Arc::clone(model) as Arc<dyn LanguageModel>);
    FallbackModel::new(models.next().unwrap(), models.collect())
}

fn calls(models: &[Arc<ScriptedModel>]) -> Vec<usize> {
    models.iter().map(|model| model.prompts().len()).collect()
}

fn unknown_model() -> ModelError {
    ModelError::Misconfigured { status: Some(404), what: Misconfiguration::UnknownModel }
}

fn overloaded() -> ModelError {
    ModelError::Overloaded { status: 503, retry_after: None }
}
