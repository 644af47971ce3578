//! Asynchronous invocation: events that nobody waits for.

use std::time::Duration;

use natter_local::{InvocationError, LocalStack};
use serde_json::{Value, json};

use crate::functions::{recorded, stack};
use crate::support::until;

/// Waits until an event of the function has failed and waits for the clock.
async fn is_waiting(stack: &LocalStack, function: &str) {
    until(async || stack.waiting_events(function) == 1).await;
}

#[tokio::test]
async fn an_event_that_succeeds_is_handled_once() {
    let (stack, folder) = stack().await;
    let id = stack.invoke_async("Plain", json!({})).unwrap();
    stack.settled().await;
    assert_eq!(recorded(&folder), [id]);
    assert_eq!(stack.waiting_events("Plain"), 0);
}

#[tokio::test]
async fn an_event_that_fails_is_retried_after_one_minute_and_after_two() {
    let (stack, folder) = stack().await;
    let id = stack.invoke_async("Plain", json!({"do": "fail"})).unwrap();
    for (tries, seconds) in [(1, 60), (2, 120)] {
        is_waiting(&stack, "Plain").await;
        assert_eq!(recorded(&folder).len(), tries);
        stack.advance_clock(Duration::from_secs(seconds - 5));
        assert_eq!(stack.waiting_events("Plain"), 1, "not before its time");
        stack.advance_clock(Duration::from_secs(5));
        until(async || recorded(&folder).len() == tries + 1).await;
    }
    stack.settled().await;
    until(async || stack.waiting_events("Plain") == 0).await;
    assert_eq!(recorded(&folder), [id.clone(), id.clone(), id], "under one request id");
}

#[tokio::test]
async fn a_process_that_ends_is_a_failure_like_any_other() {
    let (stack, folder) = stack().await;
    stack.invoke_async("Plain", json!({"do": "exit", "code": 1})).unwrap();
    is_waiting(&stack, "Plain").await;
    stack.advance_clock(Duration::from_secs(61));
    until(async || recorded(&folder).len() == 2).await;
}

#[tokio::test]
async fn a_throttled_event_waits_without_using_up_a_retry() {
    let (stack, folder) = stack().await;
    let slow = stack.invoke_async("Reserved", json!({"do": "hold", "megabytes": 1, "millis": 1000})).unwrap();
    let throttled = stack.invoke_async("Reserved", json!({"do": "fail"})).unwrap();
    is_waiting(&stack, "Reserved").await;
    stack.settled().await;
    for tries in 1..=3 {
        until(async || recorded(&folder).iter().filter(|line| **line == throttled).count() == tries).await;
        stack.settled().await;
        if tries < 3 {
            is_waiting(&stack, "Reserved").await;
            stack.advance_clock(Duration::from_secs(121));
        }
    }
    assert_eq!(recorded(&folder)[0], slow);
}

#[tokio::test]
async fn an_event_that_grows_too_old_is_given_up() {
    let (stack, folder) = stack().await;
    stack.invoke_async("Closed", json!({})).unwrap();
    is_waiting(&stack, "Closed").await;
    stack.advance_clock(Duration::from_secs(61));
    until(async || stack.waiting_events("Closed") == 0).await;
    assert_eq!(recorded(&folder), [] as [String; 0]);
}

#[tokio::test]
async fn an_event_without_retries_left_goes_to_its_destination() {
    let (stack, folder) = stack().await;
    let id = stack.invoke_async("Forwarding", json!({"do": "fail", "mark": 7})).unwrap();
    until(async || recorded(&folder).len() == 2).await;
    let delivered: Value = serde_json::from_str(&recorded(&folder)[1]).unwrap();
    assert_eq!(delivered["requestPayload"], json!({"do": "fail", "mark": 7}));
    assert_eq!(
        delivered["requestContext"],
        json!({
            "requestId": id,
            "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:Forwarding:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 1,
        })
    );
    assert_eq!(delivered["responseContext"]["functionError"], "Unhandled");
    assert_eq!(delivered["responsePayload"], json!({"errorType": "Probe.Failure", "errorMessage": "out of order"}));
}

#[tokio::test]
async fn an_event_for_an_unknown_function_is_refused() {
    let (stack, _folder) = stack().await;
    assert!(matches!(stack.invoke_async("Nobody", json!({})), Err(InvocationError::Unreachable(_))));
}
