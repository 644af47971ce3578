//! Environments that take several invocations at once.

use std::time::Duration;

use natter_local::LocalStack;
use natter_probe_client::Client;
use serde_json::{Value, json};

use crate::support::{MESSAGE, builder, connect, until};

/// A stack whose environments take `invocations` at once, and a client. No environment of the function has started yet.
async fn shared(invocations: usize) -> (LocalStack, Client) {
    let stack = builder().environment_concurrency(invocations).start().await.unwrap();
    let client = connect(&stack, "token=alice").await;
    (stack, client)
}

async fn begin_to_sleep(client: &mut Client, count: usize) {
    for _ in 0..count {
        client.send(r#"{"do": "sleep", "millis": 600000, "announced": true}"#).await;
    }
    for _ in 0..count {
        assert!(client.json().await["sleeping"].is_u64());
    }
}

async fn describe(client: &mut Client) -> Value {
    client.send(r#"{"do": "describe"}"#).await;
    client.json().await
}

#[tokio::test]
async fn as_many_as_it_takes_share_an_environment_and_one_more_gets_another() {
    let (stack, mut client) = shared(4).await;
    begin_to_sleep(&mut client, 4).await;
    assert_eq!(stack.environments(MESSAGE).len(), 1);
    begin_to_sleep(&mut client, 1).await;
    assert_eq!(stack.environments(MESSAGE).len(), 2);
}

#[tokio::test]
async fn a_function_gets_its_concurrency_and_a_trace_id_for_each_invocation() {
    let (_stack, mut client) = shared(4).await;
    let (first, second) = (describe(&mut client).await, describe(&mut client).await);
    assert_eq!(first["environment"]["AWS_LAMBDA_MAX_CONCURRENCY"], "4");
    assert_eq!(first["environment"]["_X_AMZN_TRACE_ID"], Value::Null, "it would be that of another invocation");
    assert_ne!(first["trace"], second["trace"]);
}

#[tokio::test]
async fn a_place_is_taken_until_the_work_after_the_response_is_done() {
    let (stack, mut client) = shared(2).await;
    client.send(r#"{"do": "work after the response", "millis": 1500}"#).await;
    let working = client.json().await["working"].take();
    assert_eq!(describe(&mut client).await["process"], working, "there is a second place");
    begin_to_sleep(&mut client, 1).await;
    assert_ne!(describe(&mut client).await["process"], working, "both are taken");
    assert_eq!(client.json().await["worked"], working);
    // The other one sleeps.
    assert_eq!(stack.environments(MESSAGE).len(), 2);
}

#[tokio::test]
async fn a_stack_is_settled_when_the_work_of_all_is_done() {
    let (stack, mut client) = shared(4).await;
    for millis in [600, 300] {
        client.send(json!({"do": "work after the response", "millis": millis})).await;
    }
    let mut said = Vec::new();
    for _ in 0..2 {
        said.push(client.json().await);
    }
    stack.settled().await;
    for _ in 0..2 {
        said.push(client.json().await);
    }
    assert_eq!(said.iter().filter(|said| said["worked"].is_u64()).count(), 2, "{said:?}");
    client.hears_nothing_else().await;
}

#[tokio::test]
async fn a_killed_environment_fails_all_of_its_invocations() {
    let (stack, mut client) = shared(4).await;
    begin_to_sleep(&mut client, 3).await;
    stack.kill_environments(MESSAGE).await;
    for _ in 0..3 {
        assert_eq!(client.json().await["message"], "Internal server error");
    }
    assert!(describe(&mut client).await["process"].is_u64(), "a new one takes the next");
}

#[tokio::test]
async fn an_invocation_past_its_time_fails_alone() {
    let (stack, _client) = shared(4).await;
    // No client waits for it, so that the gateway's own limit is out of the way.
    let event = json!({"requestContext": {"connectionId": "nobody", "requestTimeEpoch": 0, "connectedAt": 0},
        "body": json!({"do": "sleep", "millis": 600_000}).to_string(), "isBase64Encoded": false});
    let sleeping = stack.invoke(MESSAGE, event);
    let passing = async {
        until(async || !stack.environments(MESSAGE).is_empty()).await;
        let mut client = connect(&stack, "token=bob").await;
        let process = describe(&mut client).await["process"].take();
        stack.advance_clock(Duration::from_secs(901));
        process
    };
    let (slept, process) = tokio::join!(sleeping, passing);
    assert!(slept.unwrap_err().to_string().contains("900"), "its caller gets the error");
    let mut client = connect(&stack, "token=carol").await;
    assert_eq!(describe(&mut client).await["process"], process, "and nobody else");
}

#[tokio::test]
async fn an_idle_environment_is_reaped() {
    let (stack, mut client) = shared(4).await;
    describe(&mut client).await;
    stack.settled().await;
    stack.advance_clock(Duration::from_secs(11 * 60));
    until(async || stack.environments(MESSAGE).is_empty()).await;
}

#[tokio::test]
async fn its_invocations_are_counted_and_their_time_is_not() {
    let (stack, mut client) = shared(4).await;
    stack.reset_meter();
    for _ in 0..3 {
        describe(&mut client).await;
    }
    stack.settled().await;
    let usage = stack.meter();
    let function = &usage.functions[MESSAGE];
    assert_eq!((function.requests, function.billed_millis), (3, 0));
    let bill = usage.bill();
    assert!(bill.items.iter().all(|item| !item.name.contains("GB-seconds")), "{bill}");
}
