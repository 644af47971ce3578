//! `@connections`, by plain HTTP and by the SDK in the probe.

use natter_local::LocalStack;
use serde_json::{Value, json};

use crate::support::{Client, http, stack, until};

fn url(stack: &LocalStack, stage: &str, id: &str) -> String {
    format!("{}/{stage}/@connections/{}", stack.http_url(), id.replace('=', "%3D"))
}

/// Posts to a connection and gives status and kind of error.
pub async fn post(stack: &LocalStack, id: &str, body: impl Into<reqwest::Body>) -> (u16, String) {
    post_by(&http(), stack, id, body).await
}

async fn post_by(
    http: &reqwest::Client,
    stack: &LocalStack,
    id: &str,
    body: impl Into<reqwest::Body>,
) -> (u16, String) {
    answer(&http.post(url(stack, "local", id)).body(body).send().await.unwrap())
}

fn answer(response: &reqwest::Response) -> (u16, String) {
    let kind = response.headers().get("x-amzn-errortype").map(|kind| kind.to_str().unwrap().to_owned());
    (response.status().as_u16(), kind.unwrap_or_default())
}

#[tokio::test]
async fn posts_arrive_in_the_order_in_which_they_were_made() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send(r#"{"do": "burst", "count": 100}"#).await;
    for number in 0..100 {
        assert_eq!(client.text().await, number.to_string());
    }
}

#[tokio::test]
async fn a_post_may_have_128_kb_and_not_more() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    let id = client.id().await;
    assert_eq!(post(&stack, &id, "x".repeat(128 * 1024)).await.0, 200);
    assert_eq!(client.text().await.len(), 128 * 1024);
    assert_eq!(post(&stack, &id, "x".repeat(128 * 1024 + 1)).await, (413, "PayloadTooLargeException".into()));
}

#[tokio::test]
async fn a_connection_that_is_gone_or_never_was_is_gone() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    let id = client.id().await;
    client.close(None).await;
    until(async || post(&stack, &id, "x").await == (410, "GoneException".into())).await;
    let url = url(&stack, "local", "nobody=");
    assert_eq!(answer(&http().get(&url).send().await.unwrap()).0, 410);
    assert_eq!(answer(&http().delete(&url).send().await.unwrap()).0, 410);
}

#[tokio::test]
async fn the_sdk_understands_that_a_connection_is_gone() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send(r#"{"do": "post to", "connection": "nobody="}"#).await;
    assert_eq!(client.json().await, json!({"outcome": "gone"}));
}

#[tokio::test]
async fn another_stage_is_forbidden() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    let id = client.id().await;
    let response = http().post(url(&stack, "live", &id)).body("x").send().await.unwrap();
    assert_eq!(answer(&response), (403, "ForbiddenException".into()));
}

#[tokio::test]
async fn a_connection_can_be_looked_at() {
    let stack = stack().await;
    let mut client = Client::try_connect(&stack, "token=alice", &[("User-Agent", "test/1")]).await.unwrap();
    let id = client.id().await;
    let found: Value = http().get(url(&stack, "local", &id)).send().await.unwrap().json().await.unwrap();
    assert_eq!(found["identity"], json!({"sourceIp": "127.0.0.1", "userAgent": "test/1"}));
    for field in ["connectedAt", "lastActiveAt"] {
        assert!(found[field].as_str().is_some_and(|date| date.len() == 24 && date.ends_with('Z')), "{found}");
    }
}

#[tokio::test]
async fn a_deleted_connection_gets_what_was_posted_before_and_then_the_end() {
    let stack = stack().await;
    let mut watcher = Client::connect(&stack, "token=watcher").await;
    let watcher_id = watcher.id().await;
    let mut client = Client::connect(&stack, &format!("token=alice&watcher={watcher_id}")).await;
    client.send(r#"{"do": "delete"}"#).await;
    assert_eq!(client.text().await, "goodbye");
    assert_eq!(client.closed().await.0, 1000);
    let event = watcher.json().await["disconnected"].take();
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 1000);
}

#[tokio::test]
async fn a_client_that_never_reads_fills_its_queue_and_posts_are_refused() {
    let stack = stack().await;
    let mut reader = Client::connect(&stack, "token=watcher").await;
    let mut silent = Client::connect(&stack, "token=alice").await;
    let id = silent.id().await;
    let padding = "x".repeat(100_000);
    let http = http();
    // At some time the queue and the sockets' buffers are full.
    until(async || {
        let answer = post_by(&http, &stack, &id, padding.clone()).await;
        assert!(answer.0 == 200 || answer == (429, "LimitExceededException".into()), "{answer:?}");
        answer.0 == 429
    })
    .await;
    reader.hears_nothing_else().await;
    assert_eq!(silent.text().await, padding, "what was taken arrives");
}
