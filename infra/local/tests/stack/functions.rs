//! Functions that break the rules, and how Lambda deals with them.

use std::time::Duration;

use natter_local::{Builder, InvocationError, LocalStack};
use serde_json::{Value, json};

use crate::support::{programs, soon, until};

const PLAIN: &str = "Plain";

/// A stack of scripted functions, with the file in which they record what happened.
fn builder() -> (Builder, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let template = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions.yaml");
    let record = folder.path().join("record").display().to_string();
    (LocalStack::builder(template).functions(programs().join("examples")).environment("RECORD", record), folder)
}

/// The same with functions that begin in a certain way.
async fn stack_that(begins: &str) -> (LocalStack, tempfile::TempDir) {
    let (builder, folder) = builder();
    (builder.environment("BEGINS", begins).start().await.unwrap(), folder)
}

pub async fn stack() -> (LocalStack, tempfile::TempDir) {
    stack_that("").await
}

/// What the functions recorded, by now.
pub fn recorded(folder: &tempfile::TempDir) -> Vec<String> {
    let text = std::fs::read_to_string(folder.path().join("record")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

async fn invoke(stack: &LocalStack, event: Value) -> Result<Value, InvocationError> {
    soon(stack.invoke(PLAIN, event)).await
}

fn exited(message: &str) -> Result<Value, InvocationError> {
    Err(InvocationError::Exited(message.to_owned()))
}

#[tokio::test]
async fn an_invocation_has_the_headers_of_lambda_and_none_of_the_mobile_sdk() {
    let (stack, _folder) = stack().await;
    let answer = invoke(&stack, json!({})).await.unwrap();
    let headers: Vec<_> = answer["headers"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(
        headers.iter().filter(|name| name.starts_with("lambda-runtime-")).collect::<Vec<_>>(),
        [
            &"lambda-runtime-aws-request-id",
            &"lambda-runtime-deadline-ms",
            &"lambda-runtime-invoked-function-arn",
            &"lambda-runtime-trace-id"
        ]
    );
    let trace = answer["trace"].as_str().unwrap();
    assert!(trace.starts_with("Root=1-") && trace.contains(";Parent=") && trace.ends_with(";Sampled=0"), "{trace}");
}

#[tokio::test]
async fn a_function_gets_its_logging_configuration() {
    let (stack, _folder) = stack().await;
    assert_eq!(invoke(&stack, json!({})).await.unwrap()["logs"], json!(["Text", ""]));
    assert_eq!(stack.invoke("Structured", json!({})).await.unwrap()["logs"], json!(["JSON", "WARN"]));
}

#[tokio::test]
async fn an_init_that_fails_once_is_repeated_within_the_invocation() {
    let (stack, folder) = stack_that("exit the first time").await;
    assert!(invoke(&stack, json!({})).await.is_ok());
    assert_eq!(recorded(&folder).iter().filter(|line| *line == "begun").count(), 2);
    assert_eq!(stack.environments(PLAIN).len(), 1);
}

#[tokio::test]
async fn an_init_that_fails_twice_fails_the_invocation_with_its_reason() {
    let (stack, folder) = stack_that("exit").await;
    assert_eq!(invoke(&stack, json!({})).await, exited("Runtime exited with error: exit status 3"));
    assert_eq!(recorded(&folder), ["begun", "begun"]);
}

#[tokio::test]
async fn a_reported_init_error_is_shown_and_the_function_ended() {
    let (stack, folder) = stack_that("say why not").await;
    let (kind, message) = ("Probe.NoKey".to_owned(), "there is no key".to_owned());
    assert_eq!(invoke(&stack, json!({})).await, Err(InvocationError::Function { kind, message }));
    assert_eq!(recorded(&folder), ["begun", "begun"], "it need not end by itself");
}

#[tokio::test]
async fn a_function_that_never_polls_is_ended_after_ten_seconds_and_again_after_its_timeout() {
    let (stack, folder) = stack_that("never").await;
    let invocation = invoke(&stack, json!({}));
    let time_passes = async {
        for (begun, seconds) in [(1, 11), (2, 21)] {
            until(async || recorded(&folder).len() == begun).await;
            stack.advance_clock(Duration::from_secs(seconds));
        }
    };
    let (outcome, ()) = tokio::join!(invocation, time_passes);
    assert_eq!(outcome, Err(InvocationError::TimedOut(Duration::from_secs(20))));
    until(async || stack.environments(PLAIN).is_empty()).await;
}

#[tokio::test]
async fn a_repeated_init_uses_up_the_time_of_its_invocation() {
    let (stack, folder) = stack_that("never the first time").await;
    let invocation = invoke(&stack, json!({}));
    let time_passes = async {
        until(async || recorded(&folder).len() == 1).await;
        stack.advance_clock(Duration::from_secs(11));
    };
    let (outcome, ()) = tokio::join!(invocation, time_passes);
    let deadline: u64 = outcome.unwrap()["deadline"].as_str().unwrap().parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    assert!(deadline <= now + 20_000, "no more than the whole timeout is left");
}

#[tokio::test]
async fn a_process_that_ends_in_an_invocation_fails_it_as_lambda_says_it() {
    let (stack, _folder) = stack().await;
    for (event, message) in [
        (json!({"do": "exit", "code": 3}), "Runtime exited with error: exit status 3"),
        (json!({"do": "exit", "code": 0}), "Runtime exited without providing a reason"),
        (json!({"do": "abort"}), "Runtime exited with error: signal: aborted"),
    ] {
        let before = invoke(&stack, json!({})).await.unwrap()["process"].take();
        assert_eq!(invoke(&stack, event).await, exited(message));
        assert_ne!(invoke(&stack, json!({})).await.unwrap()["process"], before, "the next one gets a new environment");
    }
}

#[tokio::test]
async fn a_function_that_hangs_after_its_response_is_ended_at_its_timeout() {
    let (stack, _folder) = stack().await;
    let hung = invoke(&stack, json!({"do": "hang after the response"})).await.unwrap()["process"].take();
    stack.advance_clock(Duration::from_secs(21));
    until(async || stack.environments(PLAIN).is_empty()).await;
    assert_ne!(invoke(&stack, json!({})).await.unwrap()["process"], hung);
}

#[tokio::test]
async fn an_environment_is_killed_without_a_warning() {
    let (stack, folder) = stack_that("heed a warning").await;
    assert!(invoke(&stack, json!({})).await.is_ok());
    stack.kill_environments(PLAIN).await;
    assert!(invoke(&stack, json!({})).await.is_ok());
    until(async || {
        stack.advance_clock(Duration::from_secs(60));
        stack.environments(PLAIN).is_empty()
    })
    .await;
    assert!(!recorded(&folder).contains(&"warned".to_owned()), "neither when it is killed nor when it is reaped");
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_the_callers_problem() {
    let (stack, _folder) = stack().await;
    let url = format!("{}/2015-03-31/functions/{PLAIN}/invocations", stack.http_url());
    let request = crate::support::http().post(url).header("Authorization", "AWS4-HMAC-SHA256 any");
    let answer = request.body(r#"{"do": "answer", "text": "not JSON"}"#).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "not JSON"));
}

#[tokio::test]
async fn an_answer_over_six_megabytes_fails_the_invocation_and_the_function_goes_on() {
    let (stack, _folder) = stack().await;
    let before = invoke(&stack, json!({})).await.unwrap()["process"].take();
    stack.settled().await;
    assert_eq!(invoke(&stack, json!({"do": "answer too much"})).await, Err(InvocationError::TooLarge));
    stack.settled().await;
    assert_eq!(invoke(&stack, json!({})).await.unwrap()["process"], before);
}

#[tokio::test]
async fn a_function_gets_no_event_before_it_has_answered_the_one_it_has() {
    let (stack, _folder) = stack().await;
    assert_eq!(invoke(&stack, json!({"do": "take the next without an answer"})).await, Ok(json!({"next": 403})));
}

#[tokio::test]
async fn reserved_concurrency_is_all_that_a_function_has() {
    let (stack, _folder) = stack().await;
    let slow = stack.invoke("Reserved", json!({"do": "hold", "megabytes": 1, "millis": 1500}));
    let second = async {
        until(async || !stack.environments("Reserved").is_empty()).await;
        stack.invoke("Reserved", json!({})).await
    };
    let (slow, second) = tokio::join!(slow, second);
    assert!(slow.is_ok());
    assert_eq!(second, Err(InvocationError::Throttled { limit: 1, reserved: true }));
    let none = stack.invoke("Closed", json!({})).await;
    assert_eq!(
        none,
        Err(InvocationError::Throttled { limit: 0, reserved: true }),
        "a reservation of 0 closes a function"
    );
}

#[tokio::test]
async fn functions_without_a_reservation_share_what_the_others_leave() {
    let (builder, _folder) = builder();
    let stack = builder.concurrency(2).start().await.unwrap();
    let slow = stack.invoke(PLAIN, json!({"do": "hold", "megabytes": 1, "millis": 1500}));
    let others = async {
        until(async || !stack.environments(PLAIN).is_empty()).await;
        (stack.invoke("Keeper", json!({})).await, stack.invoke("Reserved", json!({})).await)
    };
    let (slow, (shared, reserved)) = tokio::join!(slow, others);
    assert!(slow.is_ok() && reserved.is_ok());
    assert_eq!(shared, Err(InvocationError::Throttled { limit: 1, reserved: false }));
}

#[tokio::test]
async fn no_more_can_be_reserved_than_there_is() {
    let (builder, _folder) = builder();
    let complaint = builder.concurrency(1).start().await.unwrap_err().to_string();
    assert!(
        complaint.contains("reserve 1 concurrent executions") && complaint.contains("--concurrency"),
        "{complaint}"
    );
}

/// Only where there is a `/proc` can memory be looked up.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_function_that_holds_more_than_its_memory_is_ended() {
    let event = json!({"do": "hold", "megabytes": 200, "millis": 600_000});
    let (stack, _folder) = stack().await;
    match invoke(&stack, event).await {
        Err(InvocationError::OutOfMemory { held, limit: 128 }) => assert!(held > 128),
        other => panic!("it must be out of memory, not {other:?}"),
    }
}

#[tokio::test]
async fn the_memory_limit_can_be_lifted() {
    let (builder, _folder) = builder();
    let stack = builder.enforce_memory(false).start().await.unwrap();
    let event = json!({"do": "hold", "megabytes": 200, "millis": 500});
    assert_eq!(invoke(&stack, event).await, Ok(json!({"held": 200 * 1024 * 1024})));
}
