//! Environments: how they start, what they are given, and how they end.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use natter_probe_client::Client;
use serde_json::{Value, json};

use crate::support::{MESSAGE, builder, connect, stack, until};

/// Whether a process is there.
fn is_alive(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

async fn describe(client: &mut Client) -> Value {
    client.send(r#"{"do": "describe"}"#).await;
    client.json().await
}

#[tokio::test]
async fn a_function_sees_the_environment_of_lambda_and_nothing_of_its_parents() {
    let stack = builder().environment("SECRET", "given").environment("HOME", "/home/dev").start().await.unwrap();
    let mut client = connect(&stack, "token=alice").await;
    let environment = describe(&mut client).await["environment"].take();
    let names: Vec<_> = environment.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_DEFAULT_REGION",
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_LAMBDA",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_FORMAT",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_XRAY_CONTEXT_MISSING",
            "CONNECTIONS_ENDPOINT",
            "LAMBDA_RUNTIME_DIR",
            "LAMBDA_TASK_ROOT",
            "LANG",
            "OPENAI_BASE_URL",
            "OPENAI_MODEL",
            "PATH",
            "ROLE",
            "SECRET",
            "TABLE_NAME",
            "TZ",
            "_HANDLER",
            // By the runtime itself, for each invocation.
            "_X_AMZN_TRACE_ID",
        ]
    );
    assert_eq!(environment["SECRET"], "given", "what the template declares can be given");
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], MESSAGE);
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "256");
    let own = format!("http://{}", environment["AWS_LAMBDA_RUNTIME_API"].as_str().unwrap());
    assert_eq!(environment["CONNECTIONS_ENDPOINT"], format!("{own}/local"), "all that it calls is at its own address");
    assert_eq!(environment["OPENAI_BASE_URL"], format!("{own}/model/v1"));
    assert_eq!(environment["AWS_ENDPOINT_URL_DYNAMODB"], own);
    assert_eq!(environment["TABLE_NAME"], "Table");
}

#[tokio::test]
async fn an_invocation_has_its_deadline_and_its_names() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let context = describe(&mut client).await;
    let left = context["deadline"].as_u64().unwrap() - now;
    assert!((890_000..=960_000).contains(&left), "the timeout is 900 s: {left}");
    assert_eq!(context["arn"], "arn:aws:lambda:us-east-1:000000000000:function:MessageFunction");
    assert_eq!(context["requestId"].as_str().map(str::len), Some(36));
    assert!(context["trace"].as_str().unwrap().starts_with("Root=1-"));
}

#[tokio::test]
async fn an_environment_that_has_polled_again_serves_the_next_invocation() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let first = describe(&mut client).await["process"].take();
    for _ in 0..5 {
        stack.settled().await;
        assert_eq!(describe(&mut client).await["process"], first);
    }
}

#[tokio::test]
async fn more_invocations_at_once_get_more_environments() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    for _ in 0..3 {
        client.send(r#"{"do": "sleep", "millis": 1500}"#).await;
    }
    let mut processes = Vec::new();
    for _ in 0..3 {
        processes.push(client.json().await["slept"].as_u64().unwrap() as u32);
    }
    processes.sort_unstable();
    processes.dedup();
    assert_eq!(processes.len(), 3);
    let mut live = stack.environments(MESSAGE);
    live.sort_unstable();
    assert_eq!(live, processes);
}

#[tokio::test]
async fn an_environment_works_on_after_its_response_and_is_busy_until_it_polls() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    client.send(r#"{"do": "work after the response", "millis": 1500}"#).await;
    let working = client.json().await["working"].take();
    assert_ne!(describe(&mut client).await["process"], working, "another environment had to take it");
    assert_eq!(client.json().await["worked"], working);
    stack.settled().await;
    assert_eq!(describe(&mut client).await["process"], working, "the one used last is used first");
}

#[tokio::test]
async fn a_function_past_its_own_timeout_is_killed() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    client.send(r#"{"do": "work after the response", "millis": 600000}"#).await;
    let process = client.json().await["working"].as_u64().unwrap() as u32;
    stack.advance_clock(Duration::from_secs(899));
    assert!(is_alive(process));
    stack.advance_clock(Duration::from_secs(2));
    until(async || !is_alive(process) && stack.environments(MESSAGE).is_empty()).await;
}

#[tokio::test]
async fn a_function_that_times_out_before_its_response_fails_the_message() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    client.send(r#"{"type": "sluggish"}"#).await;
    until(async || !stack.environments("SluggishFunction").is_empty()).await;
    let first = stack.environments("SluggishFunction");
    // Longer than an init may take: it is tried once more. Both together are shorter than the gateway waits.
    stack.advance_clock(Duration::from_secs(11));
    until(async || stack.environments("SluggishFunction") != first).await;
    stack.advance_clock(Duration::from_secs(11));
    assert_eq!(client.json().await["message"], "Internal server error");
    until(async || stack.environments("SluggishFunction").is_empty()).await;
}

#[tokio::test]
async fn a_function_that_cannot_start_fails_every_message_and_the_next_one_tries_again() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    for _ in 0..3 {
        client.send(r#"{"type": "broken"}"#).await;
        assert_eq!(client.json().await["message"], "Internal server error");
    }
    assert!(stack.environments("BrokenFunction").is_empty());
}

#[tokio::test]
async fn a_killed_environment_fails_its_message_and_a_new_one_takes_the_next() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let process = describe(&mut client).await["process"].as_u64().unwrap() as u32;
    client.send(r#"{"do": "sleep", "millis": 600000, "announced": true}"#).await;
    assert!(client.json().await["sleeping"].is_u64());
    stack.kill_environments(MESSAGE).await;
    assert!(!is_alive(process));
    assert!(stack.environments(MESSAGE).is_empty());
    assert_eq!(client.json().await["message"], "Internal server error");
    assert_ne!(describe(&mut client).await["process"], json!(process));
}

#[tokio::test]
async fn a_process_that_ends_after_its_response_does_no_harm() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    client.send(r#"{"do": "exit after the response"}"#).await;
    until(async || stack.environments(MESSAGE).is_empty()).await;
    client.hears_nothing_else().await;
}

#[tokio::test]
async fn idle_environments_are_reaped() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let process = describe(&mut client).await["process"].as_u64().unwrap() as u32;
    until(async || {
        stack.advance_clock(Duration::from_secs(60));
        stack.environments(MESSAGE).is_empty()
    })
    .await;
    assert!(!is_alive(process));
}

#[tokio::test]
async fn invocations_over_the_concurrency_limit_are_throttled() {
    let stack = builder().concurrency(2).start().await.unwrap();
    let mut client = connect(&stack, "token=alice").await;
    stack.settled().await;
    for _ in 0..3 {
        client.send(r#"{"do": "sleep", "millis": 1500}"#).await;
    }
    assert_eq!(client.json().await["message"], "Internal server error");
    assert!(client.json().await["slept"].is_u64());
    assert!(client.json().await["slept"].is_u64());
}

#[tokio::test]
async fn no_process_outlives_the_stack() {
    for stops in [true, false] {
        let stack = stack().await;
        let mut client = connect(&stack, "token=alice").await;
        client.send(r#"{"do": "work after the response", "millis": 600000}"#).await;
        let process = client.json().await["working"].as_u64().unwrap() as u32;
        if stops {
            stack.stop().await;
            assert!(!is_alive(process));
        } else {
            drop(stack);
            until(async || !is_alive(process)).await;
        }
    }
}
