//! Messages: routes, events, and what a client is told when a function cannot.

use serde_json::{Value, json};

use crate::support::{Client, changed, stack};

#[tokio::test]
async fn a_message_event_has_the_fields_of_aws_and_no_others() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send(r#"{"type":"other", "text":"päivää"}"#).await;
    let mut event = client.json().await["event"].take();
    let context = event["requestContext"].as_object_mut().unwrap();
    for field in ["requestId", "extendedRequestId", "messageId", "connectionId"] {
        let id = context.remove(field).unwrap();
        assert!(id.as_str().is_some_and(|id| id.len() == 16 && id.ends_with('=')), "{field}: {id}");
    }
    for field in ["connectedAt", "requestTimeEpoch"] {
        assert!(context.remove(field).unwrap().as_u64().unwrap() > 1_700_000_000_000, "{field}");
    }
    assert!(context.remove("requestTime").unwrap().as_str().unwrap().ends_with(" +0000"));
    assert!(context.remove("authorizer").is_some());
    let domain = stack.http_url().replace("http://", "");
    assert_eq!(
        event,
        json!({
            "requestContext": {
                "routeKey": "$default",
                "eventType": "MESSAGE",
                "messageDirection": "IN",
                "stage": "local",
                "identity": {"sourceIp": "127.0.0.1"},
                "domainName": domain,
                "apiId": "local",
            },
            "body": r#"{"type":"other", "text":"päivää"}"#,
            "isBase64Encoded": false,
        })
    );
}

#[tokio::test]
async fn the_selection_expression_chooses_the_route_and_all_else_goes_to_the_default() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    for (message, route) in [
        (r#"{"type": "named"}"#, "named"),
        (r#"{"type": "unnamed"}"#, "$default"),
        (r#"{"type": "$connect"}"#, "$default"),
        (r#"{"type": null}"#, "$default"),
        ("{}", "$default"),
        ("not json", "$default"),
    ] {
        client.send(message).await;
        assert_eq!(client.json().await["event"]["requestContext"]["routeKey"], route, "{message}");
    }
}

#[tokio::test]
async fn without_a_default_route_a_message_that_names_none_is_forbidden() {
    let (builder, _folder) = changed("        $default:", "        other:");
    let stack = builder.start().await.unwrap();
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send("{}").await;
    let text = client.text().await;
    assert!(text.starts_with(r#"{"message":"Forbidden","connectionId":""#), "{text}");
}

#[tokio::test]
async fn the_answer_of_a_function_does_not_reach_the_client() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send(r#"{"do": "answer 500"}"#).await;
    client.hears_nothing_else().await;
}

#[tokio::test]
async fn a_function_that_fails_is_told_of_in_the_form_of_aws() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    for failure in ["fail", "answer garbage", "exit"] {
        client.send(json!({ "do": failure })).await;
        let text = client.text().await;
        assert!(text.starts_with(r#"{"message":"Internal server error","connectionId":""#), "{failure}: {text}");
        let frame: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(frame.as_object().unwrap().len(), 3, "{frame}");
        assert!(frame["requestId"].is_string());
    }
    client.hears_nothing_else().await;
}

#[tokio::test]
async fn a_function_past_29_seconds_is_reported_and_runs_on() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send(r#"{"do": "sleep", "millis": 1500, "announced": true}"#).await;
    assert!(client.json().await["sleeping"].is_u64());
    stack.advance_clock(std::time::Duration::from_secs(30));
    assert_eq!(client.json().await["message"], "Endpoint request timed out");
    assert!(client.json().await["slept"].is_u64(), "the function has run to its end");
}

#[tokio::test]
async fn messages_of_one_connection_are_handled_at_the_same_time() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send(r#"{"do": "sleep", "millis": 2000}"#).await;
    client.send(r#"{"do": "echo"}"#).await;
    assert!(client.json().await["event"].is_object(), "the second message overtakes the first");
    assert!(client.json().await["slept"].is_u64());
}

#[tokio::test]
async fn a_disconnect_is_told_with_code_and_reason() {
    let stack = stack().await;
    let mut watcher = Client::connect(&stack, "token=watcher").await;
    let id = watcher.id().await;
    for (frame, code, reason) in [
        (None, 1005, "Client-side close frame status not set"),
        (Some((1000, "")), 1000, "Connection Closed Normally"),
        (Some((1001, "")), 1001, "Going away"),
        (Some((4000, "enough")), 4000, "enough"),
    ] {
        let client = Client::connect(&stack, &format!("token=alice&watcher={id}")).await;
        client.close(frame).await;
        let event = watcher.json().await["disconnected"].take();
        let context = &event["requestContext"];
        assert_eq!((&context["disconnectStatusCode"], &context["disconnectReason"]), (&json!(code), &json!(reason)));
        assert_eq!((&context["routeKey"], &context["eventType"]), (&json!("$disconnect"), &json!("DISCONNECT")));
        assert_eq!(context["authorizer"]["principalId"], "alice");
        assert!(event["headers"]["Host"].is_string() && event.get("body").is_none(), "{event}");
    }
}

#[tokio::test]
async fn a_client_that_vanishes_is_told_of_too() {
    let stack = stack().await;
    let mut watcher = Client::connect(&stack, "token=watcher").await;
    let id = watcher.id().await;
    drop(Client::connect(&stack, &format!("token=alice&watcher={id}")).await);
    let event = watcher.json().await["disconnected"].take();
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 1006);
}
