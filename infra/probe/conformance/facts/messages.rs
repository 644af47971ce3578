//! Messages: routing, and the errors that clients receive.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fact::facts;
use crate::platform::Stage;

facts! { Open:
    D a_message_takes_the_route_that_it_names_and_all_others_the_default;
    R numbers_and_truth_values_name_a_route_as_text;
    I null_names_no_route_and_nobody_names_those_of_the_gateway;
    D messages_of_one_connection_are_handled_at_the_same_time;
    D what_a_function_returns_does_not_reach_the_client;
    D with_a_route_response_the_returned_body_reaches_the_client;
    I an_error_status_is_no_failure_and_reaches_no_client;
    R a_failed_function_is_reported_to_the_client_in_three_fields;
    D after_29_seconds_the_client_gets_an_error_and_the_function_runs_on;
    D a_route_may_wait_for_a_shorter_time;
}

async fn a_message_takes_the_route_that_it_names_and_all_others_the_default(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    for (message, route) in [
        (r#"{"type": "named"}"#, "named"),
        (r#"{"type": "unnamed"}"#, "$default"),
        (r#"{"type": "Named"}"#, "$default"),
        ("{}", "$default"),
        ("[]", "$default"),
        ("not json", "$default"),
    ] {
        assert_eq!(client.event_of(message).await["requestContext"]["routeKey"], route, "{message}");
    }
}

async fn numbers_and_truth_values_name_a_route_as_text(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    for (message, route) in [(r#"{"type": 7}"#, "7"), (r#"{"type": true}"#, "true")] {
        assert_eq!(client.event_of(message).await["requestContext"]["routeKey"], route, "{message}");
    }
}

async fn null_names_no_route_and_nobody_names_those_of_the_gateway(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    for message in [r#"{"type": null}"#, r#"{"type": "$connect"}"#, r#"{"type": "$disconnect"}"#] {
        assert_eq!(client.event_of(message).await["requestContext"]["routeKey"], "$default", "{message}");
    }
}

async fn messages_of_one_connection_are_handled_at_the_same_time(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send(json!({"do": "sleep", "millis": 3000})).await;
    assert!(client.ask(json!({"do": "echo"})).await["event"].is_object(), "the second overtakes the first");
    assert!(client.json().await["slept"].is_u64());
}

async fn what_a_function_returns_does_not_reach_the_client(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send(json!({"do": "answer", "answer": {"statusCode": 200, "body": "not for the client"}})).await;
    client.hears_nothing_else().await;
}

async fn with_a_route_response_the_returned_body_reaches_the_client(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send(json!({"type": "answering", "do": "answer", "answer": {"statusCode": 200, "body": "hello"}})).await;
    assert_eq!(client.text().await, "hello");
}

async fn an_error_status_is_no_failure_and_reaches_no_client(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send(json!({"do": "answer 500"})).await;
    client.hears_nothing_else().await;
}

async fn a_failed_function_is_reported_to_the_client_in_three_fields(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    for failure in ["fail", "answer garbage", "exit"] {
        client.send(json!({ "do": failure })).await;
        let text = client.text().await;
        assert!(text.starts_with(r#"{"message":"Internal server error","#), "{failure}: {text}");
        let frame: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(frame.as_object().unwrap().len(), 3, "{frame}");
        assert!(frame["connectionId"].is_string() && frame["requestId"].is_string(), "{frame}");
    }
    client.hears_nothing_else().await;
}

async fn after_29_seconds_the_client_gets_an_error_and_the_function_runs_on(stage: Stage) {
    let limit = Duration::from_secs(29);
    let mut client = stage.connect("token=alice").await;
    let work = json!({"do": "sleep", "millis": stage.longer_than(limit), "announced": true});
    assert!(client.ask(work).await["sleeping"].is_u64());
    stage.pass(limit).await;
    let response = client.json().await;
    assert_eq!(response["message"], "Endpoint request timed out");
    assert!(response["connectionId"].is_string() && response["requestId"].is_string(), "{response}");
    assert!(client.json().await["slept"].is_u64(), "the function has run to its end");
}

async fn a_route_may_wait_for_a_shorter_time(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let response = client.ask(json!({"type": "impatient", "do": "sleep", "millis": 3000})).await;
    assert_eq!(response["message"], "Endpoint request timed out");
    assert!(client.json().await["slept"].is_u64());
}
