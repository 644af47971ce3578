use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use natter::conversation::Timestamp;
use natter::db::{DynamoStore, TurnStore};
use natter::reply::Reply;
use natter::turn::Ending;
use serde_json::json;
use tokio::sync::Notify;

use super::turns;
use crate::support::{HttpServer, TestDatabase, conversation_id, forward, new_turn, user};

async fn start() -> (TestDatabase, DynamoStore) {
    let database = TestDatabase::start().await;
    let store = database.store();
    (database, store)
}

mod agents;
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
    let (_, answer) = forward(&between.url, headers, body).await;
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

/// A database on whose way the first transaction meets another write of the same item.
struct Conflict {
    url: String,
    is_over: AtomicBool,
}

async fn conflict_once(State(conflict): State<Arc<Conflict>>, headers: HeaderMap, body: Bytes) -> (StatusCode, Bytes) {
    let is_transaction = headers["x-amz-target"].to_str().unwrap().ends_with("TransactWriteItems");
    if is_transaction && !conflict.is_over.swap(true, Ordering::SeqCst) {
        let cancelled = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
            "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
        });
        return (StatusCode::BAD_REQUEST, cancelled.to_string().into());
    }
    forward(&conflict.url, headers, body).await
}

#[tokio::test]
async fn a_wait_that_meets_another_write_is_marked_all_the_same() {
    let (database, store) = start().await;
    let turn = turns::begun(&store, "r1").await;
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.ending = Some(Ending::Waiting);
    turns::save(&store, &turn, &reply).await.unwrap();
    let conflict = Conflict { url: database.url.clone(), is_over: AtomicBool::new(false) };
    let proxy = HttpServer::start(Router::new().route("/", post(conflict_once)).with_state(Arc::new(conflict))).await;
    let until = Timestamp::now() + Duration::from_secs(60);
    turns::deliver(&database.store_at(&proxy.url), &turn, false, Some(until)).await;
    let stored = store.reply(&turns::key(&turn)).await.unwrap().unwrap();
    assert_eq!((stored.waits_until, stored.is_due), (Some(until), false));
}
