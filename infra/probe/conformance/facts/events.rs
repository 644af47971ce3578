//! The events that functions receive, field by field.

use serde_json::{Value, json};

use crate::fact::facts;
use crate::platform::Stage;

facts! { Open:
    R an_authorizer_event_describes_the_request;
    R a_connect_event_has_headers_and_query_and_no_body;
    I an_authorizer_event_without_query_has_an_empty_one;
    R a_message_event_has_a_body_and_no_headers;
    R a_disconnect_event_has_few_headers_a_code_and_a_reason;
    R moments_are_numbers_of_milliseconds;
}

/// The fields of every `requestContext`.
const COMMON_FIELDS: [&str; 13] = [
    "apiId",
    "authorizer",
    "connectedAt",
    "connectionId",
    "domainName",
    "eventType",
    "extendedRequestId",
    "identity",
    "messageDirection",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "routeKey",
];

/// The names of an object's fields, sorted.
fn fields(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// Checks the fields that all events have in common; `own` are those of this event only.
fn check_context(stage: &Stage, context: &Value, kind: &str, route: &str, own: &[&str]) {
    let mut expected = [&COMMON_FIELDS[..], &["stage"], own].concat();
    expected.sort_unstable();
    assert_eq!(fields(context), expected);
    let said = ["eventType", "routeKey", "messageDirection", "stage", "domainName"].map(|field| &context[field]);
    assert_eq!(said, [kind, route, "IN", stage.name(), stage.domain()]);
    assert!(context["requestTime"].as_str().is_some_and(|time| time.ends_with(" +0000")), "{context}");
    assert!(context["identity"]["sourceIp"].is_string(), "{context}");
}

/// The CONNECT event of a connection with this query, to which the watcher's parameter is added.
async fn connect_event(stage: &Stage, query: &str) -> Value {
    let mut watcher = stage.connect("token=watcher").await;
    let query = format!("{query}&connect=report&watcher={}", watcher.id().await);
    let headers = [("Origin", "https://page.example"), ("User-Agent", "probe/1")];
    let _client = stage.try_connect(&query, &headers).await.unwrap();
    watcher.json().await["connected"].take()
}

async fn an_authorizer_event_describes_the_request(stage: Stage) {
    let headers = [("Origin", "https://page.example"), ("User-Agent", "probe/1")];
    let mut client = stage.try_connect("token=alice&a=1&a=2", &headers).await.unwrap();
    let message = client.event_of("{}").await;
    let event = message["requestContext"]["authorizer"]["authorizerEvent"].as_str().unwrap();
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["type"], "REQUEST");
    let arn = event["methodArn"].as_str().unwrap();
    let api = event["requestContext"]["apiId"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:execute-api:"), "{arn}");
    assert!(arn.ends_with(&format!(":{api}/{}/$connect", stage.name())), "{arn}");
    assert_eq!(event["headers"]["Origin"], "https://page.example");
    assert_eq!(event["multiValueHeaders"]["Sec-WebSocket-Version"], json!(["13"]));
    assert_eq!(event["queryStringParameters"], json!({"token": "alice", "a": "2"}));
    assert_eq!(event["multiValueQueryStringParameters"]["a"], json!(["1", "2"]));
    assert_eq!(event["stageVariables"], json!({}));
    let context = &event["requestContext"];
    assert_eq!((&context["routeKey"], &context["eventType"]), (&json!("$connect"), &json!("CONNECT")));
    assert_eq!(context["identity"]["userAgent"], "probe/1");
    assert_eq!(context["connectionId"], message["requestContext"]["connectionId"]);
}

async fn a_connect_event_has_headers_and_query_and_no_body(stage: Stage) {
    let event = connect_event(&stage, "token=alice&a=1&a=2").await;
    let expected = [
        "headers",
        "isBase64Encoded",
        "multiValueHeaders",
        "multiValueQueryStringParameters",
        "queryStringParameters",
        "requestContext",
    ];
    assert_eq!(fields(&event), expected);
    check_context(&stage, &event["requestContext"], "CONNECT", "$connect", &[]);
    for (header, value) in [("Origin", "https://page.example"), ("User-Agent", "probe/1"), ("Host", stage.domain())] {
        assert_eq!(event["headers"][header], value);
        assert_eq!(event["multiValueHeaders"][header], json!([value]));
    }
    for header in ["X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"] {
        assert!(event["headers"][header].is_string(), "{header}");
    }
    assert_eq!(event["queryStringParameters"]["a"], "2");
    assert_eq!(event["multiValueQueryStringParameters"]["a"], json!(["1", "2"]));
    assert_eq!(event["isBase64Encoded"], false);
}

async fn an_authorizer_event_without_query_has_an_empty_one(stage: Stage) {
    let mut client = stage.connect("").await;
    let message = client.event_of("{}").await;
    let event = message["requestContext"]["authorizer"]["authorizerEvent"].as_str().unwrap();
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["queryStringParameters"], json!({}));
}

async fn a_message_event_has_a_body_and_no_headers(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let text = r#"{"type":"other", "text":"päivää"}"#;
    let event = client.event_of(text).await;
    assert_eq!(fields(&event), ["body", "isBase64Encoded", "requestContext"]);
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(text), &json!(false)));
    check_context(&stage, &event["requestContext"], "MESSAGE", "$default", &["messageId"]);
}

async fn a_disconnect_event_has_few_headers_a_code_and_a_reason(stage: Stage) {
    let mut watcher = stage.connect("token=watcher").await;
    let client = stage.connect(&format!("token=alice&watcher={}", watcher.id().await)).await;
    client.close(None).await;
    let event = watcher.json().await["disconnected"].take();
    assert_eq!(fields(&event), ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"]);
    assert_eq!(event["headers"]["Host"], stage.domain());
    assert_eq!(event["headers"].get("Sec-WebSocket-Version"), None);
    let own = ["disconnectReason", "disconnectStatusCode"];
    check_context(&stage, &event["requestContext"], "DISCONNECT", "$disconnect", &own);
}

async fn moments_are_numbers_of_milliseconds(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let context = client.event_of("{}").await["requestContext"].take();
    let moment = |field: &str| context[field].as_u64().unwrap();
    assert!(moment("connectedAt") > 1_700_000_000_000, "{context}");
    assert!(moment("requestTimeEpoch") >= moment("connectedAt"), "{context}");
}
