//! Injected faults, each with probability 1.

use natter_local::LocalStack;
use serde_json::{Value, json};

use crate::support::{MESSAGE, builder, connect, operation, stack, until};

/// Sends one message to a stack with this fault, and returns the result.
async fn outcome(stack: &LocalStack, faults: &str, message: Value) -> Value {
    let mut watcher = connect(stack, "token=alice").await;
    stack.set_faults(faults).unwrap();
    watcher.send(message).await;
    watcher.json().await
}

async fn keys(stack: &LocalStack) -> Vec<String> {
    let found = operation(stack, "Scan", json!({"TableName": "Table"})).await;
    let mut keys: Vec<_> =
        found["Items"].as_array().unwrap().iter().map(|item| item["pk"]["S"].as_str().unwrap().to_owned()).collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn the_database_throttles_with_both_of_its_errors() {
    let stack = stack().await;
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..12 {
        let message = json!({"do": "store", "key": "k"});
        let outcome = outcome(&stack, &format!("throttle:1,seed={seed}"), message).await;
        seen.insert(outcome["outcome"].as_str().unwrap().to_owned());
    }
    assert_eq!(Vec::from_iter(seen), ["ProvisionedThroughputExceededException", "ThrottlingException"]);
    assert_eq!(keys(&stack).await, [] as [&str; 0], "nothing was stored");
}

#[tokio::test]
async fn a_write_meets_a_transaction() {
    let stack = stack().await;
    let alone = outcome(&stack, "conflict:1", json!({"do": "store", "key": "k"})).await;
    assert_eq!(alone["outcome"], "TransactionConflictException");
    let together = outcome(&stack, "conflict:1", json!({"do": "store", "key": "k", "transaction": true})).await;
    assert_eq!(together["outcome"], "TransactionConflict", "the reason of the one item that it has");
}

#[tokio::test]
async fn a_write_without_an_answer_is_done_or_it_is_not() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    for seed in 0..8 {
        let calls = stack.count_calls(&[MESSAGE]);
        stack.set_faults(&format!("unknown:1,seed={seed}")).unwrap();
        client.send(json!({"do": "store", "key": format!("k{seed}")})).await;
        // The function comes to its next call, which is not answered either, when it has given the write up.
        until(async || calls.names().iter().any(|name| name == "post")).await;
        stack.kill_environments(MESSAGE).await;
    }
    let stored = keys(&stack).await.len();
    assert!((1..8).contains(&stored), "{stored} of 8");
}

#[tokio::test]
async fn a_post_is_refused_with_429() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let mut watcher = connect(&stack, "token=alice").await;
    let watcher_id = watcher.id().await;
    let all = json!({"do": "burst", "count": 3, "watcher": watcher_id});
    stack.set_faults("post429:1").unwrap();
    let calls = stack.count_calls(&[MESSAGE]);
    client.send(&all).await;
    // It answers when it has posted all.
    until(async || calls.names().contains(&"response".to_owned())).await;
    stack.clear_faults();
    client.hears_nothing_else().await;
    watcher.hears_nothing_else().await;
}

#[tokio::test]
async fn a_post_that_finds_its_connection_gone_ends_that_connection() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    stack.set_faults("post410:1").unwrap();
    client.send(r#"{"do": "echo"}"#).await;
    client.closed().await;
}

#[tokio::test]
async fn a_post_is_lost_without_an_error() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let mut watcher = connect(&stack, "token=alice").await;
    let watcher_id = watcher.id().await;
    stack.set_faults("drop:1").unwrap();
    let calls = stack.count_calls(&[MESSAGE]);
    client.send(json!({"do": "burst", "count": 3})).await;
    until(async || calls.names().contains(&"response".to_owned())).await;
    stack.clear_faults();
    client.hears_nothing_else().await;
    client.send(json!({"do": "burst", "count": 0, "watcher": watcher_id})).await;
    assert_eq!(watcher.json().await["refused"], 0);
}

#[tokio::test]
async fn each_fault_of_the_model_is_injected() {
    let stack = stack().await;
    let ask = || json!({"do": "ask", "prompt": "script:{\"tokens\": 40, \"rate\": 0}"});
    for (faults, status, whole) in
        [("model429:1", 429, true), ("model500:1", 500, true), ("cut:1", 200, false), ("garbage:1", 200, true)]
    {
        let answer = outcome(&stack, faults, ask()).await;
        assert_eq!(answer, json!({"status": status, "whole": whole}), "{faults}");
    }
    let mut client = connect(&stack, "token=alice").await;
    stack.set_faults("stall:1").unwrap();
    client.send(ask()).await;
    let calls = format!("{}/model/calls", stack.http_url());
    until(async || {
        let calls: Value = crate::support::http().get(&calls).send().await.unwrap().json().await.unwrap();
        calls.as_array().unwrap().last().is_some_and(|call| call["state"] == "running")
    })
    .await;
}

#[tokio::test]
async fn a_lost_disconnect_is_not_delivered() {
    let stack = stack().await;
    let mut watcher = connect(&stack, "token=watcher").await;
    let watched = format!("token=alice&watcher={}", watcher.id().await);
    let (lost, told) = (connect(&stack, &watched).await, connect(&stack, &watched).await);
    stack.set_faults("disconnect:1").unwrap();
    lost.close(Some((4000, "lost"))).await;
    stack.clear_faults();
    told.close(Some((4001, "told"))).await;
    assert_eq!(watcher.json().await["disconnected"]["requestContext"]["disconnectReason"], "told");
}

#[tokio::test]
async fn the_gateway_ends_a_connection_with_a_violated_policy_or_an_internal_error() {
    let stack = stack().await;
    for (faults, code) in [("close1008:1", 1008), ("close1011:1", 1011)] {
        let mut client = connect(&stack, "token=alice").await;
        stack.set_faults(faults).unwrap();
        client.send("{}").await;
        assert_eq!(client.closed().await.0, code);
        stack.clear_faults();
    }
}

#[tokio::test]
async fn a_function_is_killed_and_the_next_call_starts_another() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    stack.set_faults("kill:1").unwrap();
    client.send(r#"{"do": "store", "key": "k"}"#).await;
    assert_eq!(client.json().await["message"], "Internal server error");
    until(async || stack.environments(MESSAGE).is_empty()).await;
    stack.clear_faults();
    client.send(r#"{"do": "store", "key": "k"}"#).await;
    assert_eq!(client.json().await["outcome"], "stored");
}

#[tokio::test]
async fn what_is_delayed_arrives() {
    let stack = builder().faults("delay:1,seed=7").start().await.unwrap();
    assert_eq!(stack.faults().as_deref(), Some("delay:1,seed=7"));
    let mut client = connect(&stack, "token=alice").await;
    client.send(r#"{"do": "store", "key": "k"}"#).await;
    assert_eq!(client.json().await["outcome"], "stored");
}

#[tokio::test]
async fn faults_that_are_not_understood_or_out_of_reach_are_refused_with_a_sentence() {
    let complaint = builder().faults("kil:0.1").start().await.unwrap_err().to_string();
    assert!(complaint.starts_with("Faults: there is none named \"kil\"."), "{complaint}");
    let complaint = builder().invoke("http://127.0.0.1:1").faults("kill:0.1").start().await.unwrap_err().to_string();
    assert!(complaint.contains("run in this stack"), "{complaint}");
    assert!(stack().await.set_faults("kill").is_err());
}
