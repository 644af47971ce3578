//! An API without a default route, with a required token, and a route selection expression of two fields.

use serde_json::json;

use crate::fact::facts;
use crate::platform::Stage;

facts! { Strict:
    D a_client_without_what_identifies_it_gets_401;
    D a_route_can_be_named_by_several_values_of_a_message_with_text_between;
    R without_a_default_route_a_message_that_names_none_is_forbidden;
    R a_message_that_is_not_json_names_no_route;
}

async fn a_client_without_what_identifies_it_gets_401(stage: Stage) {
    assert_eq!(stage.refusal("other=x").await, 401);
    assert_eq!(stage.refusal("token=").await, 401);
    stage.connect("token=alice").await;
}

async fn a_route_can_be_named_by_several_values_of_a_message_with_text_between(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let event = client.event_of(&json!({"action": {"name": "echo"}, "version": 2}).to_string()).await;
    assert_eq!(event["requestContext"]["routeKey"], "echov2");
}

async fn without_a_default_route_a_message_that_names_none_is_forbidden(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send(json!({"action": {"name": "echo"}, "version": 3})).await;
    let text = client.text().await;
    assert!(text.starts_with(r#"{"message":"Forbidden","connectionId":""#), "{text}");
    assert!(text.contains(r#"","requestId":""#), "{text}");
}

async fn a_message_that_is_not_json_names_no_route(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send("echov2").await;
    assert_eq!(client.json().await["message"], "Forbidden");
}
