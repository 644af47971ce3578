//! Functions that a clock invokes, and functions that a test invokes.

use std::time::Duration;

use natter_local::{InvocationError, LocalStack};
use serde_json::{Value, json};

use crate::support::{changed, operation, stack, until};

const TICK: &str = "TickFunction";

/// The events that the function was invoked with, by now.
async fn events(stack: &LocalStack) -> Vec<Value> {
    let found = operation(stack, "Scan", json!({"TableName": "Table"})).await;
    let events = found["Items"].as_array().unwrap().iter();
    events.map(|item| serde_json::from_str(item["event"]["S"].as_str().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn a_function_is_invoked_whenever_its_time_has_come() {
    let stack = stack().await;
    assert_eq!(events(&stack).await, [] as [Value; 0]);
    for minutes in 1..=3 {
        stack.advance_clock(Duration::from_secs(60));
        until(async || events(&stack).await.len() == minutes).await;
        stack.settled().await;
    }
    let event = events(&stack).await.remove(0);
    assert_eq!(event["detail-type"], "Scheduled Event");
    assert_eq!(event["source"], "aws.events");
    assert_eq!(event["resources"], json!(["arn:aws:events:us-east-1:000000000000:rule/TickFunctionEveryMinute"]));
    assert_eq!(event["time"].as_str().unwrap().len(), "2024-02-09T18:23:28Z".len());
}

#[tokio::test]
async fn a_clock_that_is_moved_far_brings_one_event_of_each_schedule() {
    let stack = stack().await;
    stack.advance_clock(Duration::from_secs(60 * 60));
    until(async || events(&stack).await.len() == 2).await;
    stack.settled().await;
    let mut sources: Vec<_> = events(&stack).await.iter().map(|event| event["source"].to_string()).collect();
    sources.sort();
    assert_eq!(sources, [r#""aws.events""#, r#""aws.scheduler""#]);
}

#[tokio::test]
async fn a_function_can_be_invoked_by_hand() {
    let stack = stack().await;
    let event = json!({"by": "hand"});
    assert_eq!(stack.invoke(TICK, event.clone()).await, Ok(event.clone()));
    assert_eq!(events(&stack).await, [event]);
    assert!(matches!(stack.invoke("NoFunction", json!({})).await, Err(InvocationError::Unreachable(_))));
}

#[tokio::test]
async fn a_schedule_that_cannot_run_here_is_named() {
    let (builder, _folder) = changed("rate(1 hour)", "cron(0 12 * * ? *)");
    let complaint = builder.start().await.unwrap_err().to_string();
    assert!(complaint.contains("TickFunction, event Hourly: cron(0 12 * * ? *)"), "{complaint}");
}
