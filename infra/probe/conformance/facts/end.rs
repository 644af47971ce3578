//! The end of a connection, as reported to `$disconnect`.

use natter_probe_client::Client;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::fact::facts;
use crate::platform::Stage;

facts! { Open:
    R a_close_without_a_code_is_reported_as_1005;
    R a_normal_close_is_reported_as_1000;
    R a_client_that_goes_away_is_reported_as_1001;
    I a_clients_own_code_and_reason_are_reported;
    I a_lost_connection_is_reported_as_1006;
    D a_close_by_the_gateway_is_reported_too;
    R a_deleted_connection_is_reported_as_1000;
    D a_connection_that_has_ended_is_gone;
}

/// A client whose DISCONNECT event is reported to the watcher.
async fn watched(stage: &Stage) -> (Client, Client) {
    let mut watcher = stage.connect("token=watcher").await;
    let client = stage.connect(&format!("token=alice&watcher={}", watcher.id().await)).await;
    (client, watcher)
}

/// Code and reason of the DISCONNECT event.
async fn reported(watcher: &mut Client) -> (Value, Value) {
    let mut event = watcher.json().await["disconnected"].take();
    let context = &mut event["requestContext"];
    (context["disconnectStatusCode"].take(), context["disconnectReason"].take())
}

async fn a_close_without_a_code_is_reported_as_1005(stage: Stage) {
    let (client, mut watcher) = watched(&stage).await;
    client.close(None).await;
    assert_eq!(reported(&mut watcher).await, (json!(1005), json!("Client-side close frame status not set")));
}

async fn a_normal_close_is_reported_as_1000(stage: Stage) {
    let (client, mut watcher) = watched(&stage).await;
    client.close(Some((1000, ""))).await;
    assert_eq!(reported(&mut watcher).await, (json!(1000), json!("Connection Closed Normally")));
}

async fn a_client_that_goes_away_is_reported_as_1001(stage: Stage) {
    let (client, mut watcher) = watched(&stage).await;
    client.close(Some((1001, ""))).await;
    assert_eq!(reported(&mut watcher).await, (json!(1001), json!("Going away")));
}

async fn a_clients_own_code_and_reason_are_reported(stage: Stage) {
    let (client, mut watcher) = watched(&stage).await;
    client.close(Some((4000, "enough"))).await;
    assert_eq!(reported(&mut watcher).await, (json!(4000), json!("enough")));
}

async fn a_lost_connection_is_reported_as_1006(stage: Stage) {
    let (client, mut watcher) = watched(&stage).await;
    drop(client);
    assert_eq!(reported(&mut watcher).await.0, 1006);
}

async fn a_close_by_the_gateway_is_reported_too(stage: Stage) {
    let (mut client, mut watcher) = watched(&stage).await;
    client.send_message(Message::binary(vec![1])).await;
    assert_eq!(reported(&mut watcher).await.0, 1003);
}

async fn a_deleted_connection_is_reported_as_1000(stage: Stage) {
    let (mut client, mut watcher) = watched(&stage).await;
    client.send(json!({"do": "delete"})).await;
    assert_eq!(client.text().await, "goodbye");
    client.closed().await;
    assert_eq!(reported(&mut watcher).await, (json!(1000), json!("Connection Closed Normally")));
}

async fn a_connection_that_has_ended_is_gone(stage: Stage) {
    let (mut client, mut watcher) = watched(&stage).await;
    let id = client.id().await;
    client.close(None).await;
    reported(&mut watcher).await;
    assert_eq!(stage.connections.post(&id, "x").await, (410, "GoneException".to_owned()));
}
