use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::HeaderMap;
use natter::db::{DynamoStore, TurnStore};
use natter::http_clients::reqwest_client;
use tokio::sync::Notify;

use crate::support::{HttpServer, TestDatabase, conversation_id, new_turn, user};

async fn start() -> (TestDatabase, DynamoStore) {
    let database = TestDatabase::start().await;
    let store = database.store();
    (database, store)
}

#[path = "allowance_contract.rs"]
mod allowance_contract;
#[path = "connection_contract.rs"]
mod connection_contract;
#[path = "conversation_contract.rs"]
mod conversation_contract;
#[path = "reply_contract.rs"]
mod reply_contract;
#[path = "text_part_contract.rs"]
mod text_part_contract;
#[path = "turn_contract.rs"]
mod turn_contract;
#[path = "waiting_contract.rs"]
mod waiting_contract;

/// What happens between the two reads of a conversation: its messages are read first, then a turn begins, and then its
/// head is read.
struct Between {
    url: String,
    messages_were_read: Notify,
    store: DynamoStore,
}

async fn in_between(State(between): State<Arc<Between>>, headers: HeaderMap, body: Bytes) -> Bytes {
    let reads_head = headers["x-amz-target"].to_str().unwrap().ends_with("GetItem");
    if reads_head {
        between.messages_were_read.notified().await;
        between.store.begin_turn(&new_turn(&user("alice"), "r1", None)).await.unwrap();
    }
    let request = reqwest_client(Duration::from_secs(1)).post(&between.url).headers(headers).body(body);
    let answer = request.send().await.unwrap().bytes().await.unwrap();
    if !reads_head {
        between.messages_were_read.notify_one();
    }
    answer
}

#[tokio::test]
async fn a_turn_that_begins_while_a_conversation_is_read_is_read_whole() {
    let (database, store) = start().await;
    let between = Between { url: database.url.clone(), messages_were_read: Notify::new(), store };
    let proxy = HttpServer::start(Router::new().route("/", post(in_between)).with_state(Arc::new(between))).await;
    let store = database.store_at(&proxy.url);
    let opened = store.open(&user("alice"), &conversation_id("c"), None, 10).await.unwrap();
    assert!(opened.conversation.is_some() && opened.head().is_some(), "the head names a message that was not read");
}
