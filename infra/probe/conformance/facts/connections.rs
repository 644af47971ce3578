//! `@connections`.

use serde_json::json;

use crate::fact::facts;
use crate::platform::Stage;

const GONE: u16 = 410;

facts! { Open:
    D posts_that_are_made_one_after_the_other_arrive_in_their_order;
    D a_post_may_have_128_kb_and_a_longer_one_gets_413;
    D every_operation_on_a_closed_connection_gets_410;
    D another_stage_is_forbidden;
    D a_connection_can_be_looked_at;
    D a_connection_can_be_closed;
    D a_client_that_never_reads_fills_its_buffer_and_posts_get_429;
    R a_function_can_post_to_any_connection_of_its_api;
}

async fn posts_that_are_made_one_after_the_other_arrive_in_their_order(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send(json!({"do": "burst", "count": 100})).await;
    for number in 0..100 {
        assert_eq!(client.text().await, number.to_string());
    }
}

async fn a_post_may_have_128_kb_and_a_longer_one_gets_413(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let id = client.id().await;
    assert_eq!(stage.connections.post(&id, "x".repeat(128 * 1024)).await.0, 200);
    assert_eq!(client.text().await.len(), 128 * 1024);
    let answer = stage.connections.post(&id, "x".repeat(128 * 1024 + 1)).await;
    assert_eq!(answer, (413, "PayloadTooLargeException".to_owned()));
}

async fn every_operation_on_a_closed_connection_gets_410(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let id = client.id().await;
    assert_eq!(stage.connections.delete(&id).await.0, 204);
    client.closed().await;
    assert_eq!(stage.connections.post(&id, "x").await.0, GONE);
    assert_eq!(stage.connections.get(&id).await.unwrap_err().0, GONE);
    assert_eq!(stage.connections.delete(&id).await.0, GONE);
}

async fn another_stage_is_forbidden(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let id = client.id().await;
    let elsewhere = stage.connections.at_stage("elsewhere");
    assert_eq!(elsewhere.post(&id, "x").await, (403, "ForbiddenException".to_owned()));
}

async fn a_connection_can_be_looked_at(stage: Stage) {
    let mut client = stage.try_connect("token=alice", &[("User-Agent", "probe/1")]).await.unwrap();
    let context = client.event_of("{}").await["requestContext"].take();
    let found = stage.connections.get(context["connectionId"].as_str().unwrap()).await.unwrap();
    let connected_at = found.connected_at().unwrap().to_millis().unwrap() as u64;
    assert_eq!(connected_at / 1000, context["connectedAt"].as_u64().unwrap() / 1000);
    assert!(found.last_active_at() >= found.connected_at(), "{found:?}");
    let identity = found.identity().unwrap();
    assert_eq!(identity.source_ip(), context["identity"]["sourceIp"].as_str());
    assert_eq!(identity.user_agent(), Some("probe/1"));
}

async fn a_connection_can_be_closed(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let id = client.id().await;
    assert_eq!(stage.connections.delete(&id).await.0, 204);
    assert_eq!(client.closed().await.0, 1000);
}

async fn a_client_that_never_reads_fills_its_buffer_and_posts_get_429(stage: Stage) {
    let mut silent = stage.connect("token=alice").await;
    let id = silent.id().await;
    let text = "x".repeat(100_000);
    let mut answers = Vec::new();
    while answers.last().is_none_or(|(status, _)| *status == 200) {
        assert!(answers.len() < 2_000, "all of {} posts were taken", answers.len());
        answers.push(stage.connections.post(&id, text.clone()).await);
    }
    assert_eq!(answers.pop(), Some((429, "LimitExceededException".to_owned())));
    for _ in answers {
        assert!(silent.text().await == text, "what was taken arrives");
    }
    silent.hears_nothing_else().await;
}

async fn a_function_can_post_to_any_connection_of_its_api(stage: Stage) {
    let mut one = stage.connect("token=alice").await;
    let mut other = stage.connect("token=bob").await;
    let id = other.id().await;
    assert_eq!(one.ask(json!({"do": "post to", "connection": id})).await, json!({"outcome": "sent"}));
    assert_eq!(other.text().await, "hello");
}
