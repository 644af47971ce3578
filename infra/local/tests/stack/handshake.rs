//! The upgrade: who gets in, and what the functions are told.

use serde_json::{Value, json};

use crate::support::{Client, changed, http, stack};

async fn refused(query: &str) -> (u16, Value) {
    let stack = stack().await;
    let refused = Client::try_connect(&stack, query, &[]).await.unwrap_err();
    (refused.status, refused.body["message"].clone())
}

#[tokio::test]
async fn an_authorizer_that_says_unauthorized_means_401() {
    assert_eq!(refused("token=unauthorized").await, (401, json!("Unauthorized")));
}

#[tokio::test]
async fn without_what_identifies_it_a_client_gets_401_and_nobody_is_asked() {
    let authorizer = "AuthArn: !GetAtt AuthorizeFunction.Arn";
    let (builder, _folder) =
        changed(authorizer, &format!("{authorizer}, IdentitySource: [route.request.querystring.token]"));
    let stack = builder.start().await.unwrap();
    assert_eq!(Client::try_connect(&stack, "other=x", &[]).await.unwrap_err().status, 401);
    assert!(stack.environments("AuthorizeFunction").is_empty());
    Client::connect(&stack, "token=alice").await;
}

#[tokio::test]
async fn a_denying_policy_means_403() {
    assert_eq!(refused("token=deny").await.0, 403);
}

#[tokio::test]
async fn an_authorizer_that_fails_or_answers_nonsense_means_500() {
    assert_eq!(refused("token=fail").await.0, 500);
    assert_eq!(refused("token=garbage").await.0, 500);
}

#[tokio::test]
async fn a_connect_function_that_fails_or_answers_nonsense_means_502() {
    assert_eq!(refused("connect=fail").await, (502, json!("Internal server error")));
    assert_eq!(refused("connect=garbage").await.0, 502);
}

#[tokio::test]
async fn a_connect_function_refuses_with_its_own_status() {
    for status in [400, 401, 403, 429, 500, 503] {
        assert_eq!(refused(&format!("connect={status}")).await.0, status);
    }
}

#[tokio::test]
async fn a_refusal_names_the_connection_and_the_request() {
    let stack = stack().await;
    let refused = Client::try_connect(&stack, "token=deny", &[]).await.unwrap_err();
    assert!(refused.body["connectionId"].as_str().unwrap().ends_with('='), "{refused:?}");
    assert!(refused.body["requestId"].is_string());
}

#[tokio::test]
async fn a_plain_request_is_told_to_upgrade() {
    let stack = stack().await;
    let url = stack.socket_url().replace("ws://", "http://");
    assert_eq!(http().get(url).send().await.unwrap().status(), 426);
}

#[tokio::test]
async fn only_the_subprotocol_that_connect_chose_is_echoed() {
    let stack = stack().await;
    let offer = [("Sec-WebSocket-Protocol", "chat, bearer.secret")];
    let client = Client::try_connect(&stack, "connect=chat", &offer).await.unwrap();
    assert_eq!(client.handshake.headers()["sec-websocket-protocol"], "chat");
}

#[tokio::test]
async fn a_subprotocol_that_was_not_offered_fails_the_handshake() {
    let stack = stack().await;
    let offer = [("Sec-WebSocket-Protocol", "other")];
    let refused = Client::try_connect(&stack, "connect=chat", &offer).await.unwrap_err();
    assert_eq!(refused.status, 502);
}

#[tokio::test]
async fn a_post_before_the_connection_is_made_finds_nobody() {
    // The probe answers 418 if its post was answered with GoneException.
    assert_eq!(refused("connect=early-post").await.0, 418);
}

#[tokio::test]
async fn later_events_carry_what_the_authorizer_said_as_text() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send("{}").await;
    let event = client.json().await["event"].take();
    let authorizer = &event["requestContext"]["authorizer"];
    assert_eq!(
        (&authorizer["principalId"], &authorizer["number"], &authorizer["flag"]),
        (&json!("alice"), &json!("7"), &json!("true"))
    );
}

#[tokio::test]
async fn the_authorizer_event_is_whole() {
    let stack = stack().await;
    let headers = [("Origin", "http://page.example"), ("User-Agent", "test/1")];
    let mut client = Client::try_connect(&stack, "token=alice&a=1&a=2", &headers).await.unwrap();
    client.send("{}").await;
    let echoed = client.json().await["event"].take();
    let text = echoed["requestContext"]["authorizer"]["authorizerEvent"].as_str().unwrap();
    let event: Value = serde_json::from_str(text).unwrap();
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["methodArn"], "arn:aws:execute-api:us-east-1:000000000000:local/local/$connect");
    assert_eq!(event["headers"]["Origin"], "http://page.example");
    assert_eq!(event["multiValueHeaders"]["Sec-WebSocket-Version"], json!(["13"]));
    assert_eq!(event["headers"]["Upgrade"], Value::Null);
    assert_eq!(event["queryStringParameters"], json!({"token": "alice", "a": "2"}));
    assert_eq!(event["multiValueQueryStringParameters"]["a"], json!(["1", "2"]));
    assert_eq!(event["stageVariables"], json!({}));
    let context = &event["requestContext"];
    assert_eq!(
        (&context["routeKey"], &context["eventType"], &context["messageDirection"], &context["stage"]),
        (&json!("$connect"), &json!("CONNECT"), &json!("IN"), &json!("local"))
    );
    assert_eq!(context["identity"], json!({"sourceIp": "127.0.0.1", "userAgent": "test/1"}));
    assert!(context["connectedAt"].is_u64() && context["requestTimeEpoch"].is_u64(), "{context}");
    assert_eq!(context["connectionId"], echoed["requestContext"]["connectionId"]);
    assert_eq!(context.get("messageId"), None);
}
