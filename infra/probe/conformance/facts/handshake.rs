//! The upgrade and its authorization.

use serde_json::json;

use crate::fact::facts;
use crate::platform::Stage;

facts! { Open:
    D an_authorizer_that_says_unauthorized_means_401;
    D a_denying_policy_means_403;
    D an_authorizer_that_fails_means_500;
    R an_authorizer_that_answers_nonsense_means_500;
    I an_authorizer_whose_answer_is_over_8_kb_means_500;
    D the_upgrade_waits_for_connect_and_a_refusal_has_its_status;
    R a_connect_function_that_fails_means_502;
    I a_connect_function_that_answers_nonsense_means_502;
    R a_refusal_is_a_message_with_the_ids_of_connection_and_request;
    R a_request_that_is_no_upgrade_gets_426;
    D the_subprotocol_that_connect_chose_is_echoed;
    D a_subprotocol_that_was_not_offered_makes_no_connection;
    D before_connect_has_answered_a_post_gets_410;
    D the_authorizer_is_asked_once_for_a_connection;
    D what_the_authorizer_says_is_text_in_every_later_event;
}

async fn an_authorizer_that_says_unauthorized_means_401(stage: Stage) {
    assert_eq!(stage.refusal("token=unauthorized").await, 401);
}

async fn a_denying_policy_means_403(stage: Stage) {
    assert_eq!(stage.refusal("token=deny").await, 403);
}

async fn an_authorizer_that_fails_means_500(stage: Stage) {
    assert_eq!(stage.refusal("token=fail").await, 500);
}

async fn an_authorizer_that_answers_nonsense_means_500(stage: Stage) {
    assert_eq!(stage.refusal("token=garbage").await, 500);
}

async fn an_authorizer_whose_answer_is_over_8_kb_means_500(stage: Stage) {
    assert_eq!(stage.refusal("token=huge").await, 500);
}

async fn the_upgrade_waits_for_connect_and_a_refusal_has_its_status(stage: Stage) {
    for status in [400, 401, 403, 429, 500, 503] {
        assert_eq!(stage.refusal(&format!("connect={status}")).await, status);
    }
}

async fn a_connect_function_that_fails_means_502(stage: Stage) {
    assert_eq!(stage.refusal("connect=fail").await, 502);
}

async fn a_connect_function_that_answers_nonsense_means_502(stage: Stage) {
    assert_eq!(stage.refusal("connect=garbage").await, 502);
}

async fn a_refusal_is_a_message_with_the_ids_of_connection_and_request(stage: Stage) {
    let body = stage.try_connect("token=unauthorized", &[]).await.unwrap_err().body;
    assert_eq!(body["message"], "Unauthorized");
    assert!(body["connectionId"].is_string() && body["requestId"].is_string(), "{body}");
}

async fn a_request_that_is_no_upgrade_gets_426(stage: Stage) {
    assert_eq!(stage.plain_request().await, 426);
}

async fn the_subprotocol_that_connect_chose_is_echoed(stage: Stage) {
    let offer = [("Sec-WebSocket-Protocol", "chat, bearer.secret")];
    let client = stage.try_connect("connect=chat", &offer).await.unwrap();
    assert_eq!(client.handshake.headers()["sec-websocket-protocol"], "chat");
}

async fn a_subprotocol_that_was_not_offered_makes_no_connection(stage: Stage) {
    let offer = [("Sec-WebSocket-Protocol", "other")];
    stage.try_connect("connect=chat", &offer).await.unwrap_err();
}

async fn before_connect_has_answered_a_post_gets_410(stage: Stage) {
    // The function answers 418 if its post was answered with GoneException.
    assert_eq!(stage.refusal("connect=early-post").await, 418);
}

async fn the_authorizer_is_asked_once_for_a_connection(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let first = client.event_of("1").await["requestContext"]["authorizer"]["invocation"].take();
    let second = client.event_of("2").await["requestContext"]["authorizer"]["invocation"].take();
    assert!(first.is_string());
    assert_eq!(first, second);
}

async fn what_the_authorizer_says_is_text_in_every_later_event(stage: Stage) {
    let mut watcher = stage.connect("token=watcher").await;
    let query = format!("token=alice&connect=report&watcher={}", watcher.id().await);
    let mut client = stage.connect(&query).await;
    let message = client.event_of("{}").await;
    let connect = watcher.json().await["connected"].take();
    client.close(None).await;
    let disconnect = watcher.json().await["disconnected"].take();
    for event in [connect, message, disconnect] {
        let authorizer = &event["requestContext"]["authorizer"];
        let said = (&authorizer["principalId"], &authorizer["number"], &authorizer["flag"]);
        assert_eq!(said, (&json!("alice"), &json!("7"), &json!("true")));
    }
}
