//! Lambda, as far as it can be observed through a socket.

use std::time::Duration;

use natter_probe_client::Client;
use serde_json::{Value, json};

use crate::fact::facts;
use crate::platform::Stage;

facts! { Open:
    D a_function_may_work_after_its_response_until_it_asks_for_the_next_event;
    D an_environment_at_work_after_its_response_takes_no_other_event;
    D an_environment_serves_one_invocation_at_a_time;
    D an_environment_that_has_asked_for_the_next_event_gets_it;
    D work_after_the_response_is_not_bound_by_29_seconds;
    D a_function_past_its_own_timeout_fails_its_message;
    D a_failed_message_is_not_retried;
    D an_environment_that_ends_is_replaced_for_the_next_event;
    D a_function_that_cannot_start_fails_its_messages;
    D a_function_knows_its_names_and_its_deadline;
}

async fn instance(client: &mut Client) -> Value {
    client.ask(json!({"do": "describe"})).await["instance"].take()
}

async fn a_function_may_work_after_its_response_until_it_asks_for_the_next_event(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send(json!({"type": "impatient", "do": "work after the response", "millis": 2000})).await;
    assert!(client.json().await["working"].is_u64());
    // The gateway waits one second at most, and has had its response.
    assert!(client.json().await["worked"].is_u64());
}

async fn an_environment_at_work_after_its_response_takes_no_other_event(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let working = client.ask(json!({"do": "work after the response", "millis": 4000})).await["instance"].take();
    assert_ne!(instance(&mut client).await, working);
    assert_eq!(client.json().await["instance"], working);
}

async fn an_environment_serves_one_invocation_at_a_time(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    for _ in 0..3 {
        client.send(json!({"do": "sleep", "millis": 4000})).await;
    }
    let mut instances = Vec::new();
    for _ in 0..3 {
        instances.push(client.json().await["instance"].as_u64().unwrap());
    }
    instances.sort_unstable();
    instances.dedup();
    assert_eq!(instances.len(), 3);
}

async fn an_environment_that_has_asked_for_the_next_event_gets_it(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let mut instances = Vec::new();
    for _ in 0..8 {
        stage.settled().await;
        instances.push(instance(&mut client).await.as_u64().unwrap());
    }
    instances.sort_unstable();
    instances.dedup();
    // On AWS, other facts may be using the same function.
    assert!(instances.len() < 8, "{instances:?}");
}

async fn work_after_the_response_is_not_bound_by_29_seconds(stage: Stage) {
    let time = Duration::from_secs(30);
    let mut client = stage.connect("token=alice").await;
    client.send(json!({"do": "work after the response", "millis": stage.longer_than(time)})).await;
    let working = client.json().await["working"].take();
    assert!(working.is_u64());
    stage.pass(time).await;
    assert_eq!(client.json().await["worked"], working, "nothing came first");
}

async fn a_function_past_its_own_timeout_fails_its_message(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let response = client.ask(json!({"type": "short", "do": "sleep", "millis": 20_000})).await;
    assert_eq!(response["message"], "Internal server error");
}

async fn a_failed_message_is_not_retried(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let key = client.id().await;
    assert_eq!(client.ask(json!({"do": "count and fail", "key": key})).await["message"], "Internal server error");
    stage.pass(Duration::from_secs(5)).await;
    let found = client.ask(json!({"do": "read", "key": key, "consistently": true})).await;
    assert_eq!(found["count"], "1");
}

async fn an_environment_that_ends_is_replaced_for_the_next_event(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let sleeping = client.ask(json!({"do": "sleep", "millis": 0, "announced": true})).await["instance"].take();
    assert_eq!(client.json().await["instance"], sleeping);
    stage.settled().await;
    assert_eq!(client.ask(json!({"do": "exit"})).await["message"], "Internal server error");
    assert!(instance(&mut client).await.is_u64());
}

async fn a_function_that_cannot_start_fails_its_messages(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    for _ in 0..2 {
        assert_eq!(client.ask(json!({"type": "broken"})).await["message"], "Internal server error");
    }
}

async fn a_function_knows_its_names_and_its_deadline(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let sent = client.event_of("{}").await["requestContext"]["requestTimeEpoch"].as_u64().unwrap();
    let response = client.ask(json!({"do": "describe"})).await;
    let left = response["deadline"].as_u64().unwrap().saturating_sub(sent);
    assert!((100_000..=150_000).contains(&left), "its timeout is 120 s: {left}");
    let variable = |name: &str| response["environment"][name].as_str().unwrap_or_default();
    let arn = response["arn"].as_str().unwrap();
    assert!(arn.ends_with(&format!(":function:{}", variable("AWS_LAMBDA_FUNCTION_NAME"))), "{arn}");
    assert_eq!(variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "256");
    assert_eq!(variable("AWS_LAMBDA_FUNCTION_VERSION"), "$LATEST");
    assert_eq!(variable("AWS_LAMBDA_INITIALIZATION_TYPE"), "on-demand");
    assert_eq!((variable("LAMBDA_TASK_ROOT").is_empty(), variable("TZ")), (false, ":UTC"));
    assert!(arn.contains(&format!(":{}:", variable("AWS_REGION"))), "{arn}");
    assert_eq!(response["requestId"].as_str().map(str::len), Some(36));
    assert!(response["trace"].as_str().unwrap().starts_with("Root=1-"), "{response}");
}
