//! Waiting turns that the user stops.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::HeaderMap;
use natter::allowance::UsageLimits;
use natter::conversation::OutcomeKind;
use natter::db::{DynamoStore, TurnStore};
use natter::turn::{Ending, TurnKey};

use super::{PAY, SHOW, agent, answer, approval, asking, outcomes, reply, types_after};
use crate::support::Step::{Finish, Say};
use crate::support::{CountingTool, HttpServer, conversation_id, forward, send, user};

const STOPPED: &str = "The user stopped the reply before this was executed.";

#[tokio::test]
async fn a_stop_ends_the_wait() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, SHOW, Finish], &tool).await;
    let frame = answer(&chat, "r2", vec![approval(&chat, 1, true).await]).await;
    chat.service.stop(&chat.caller, &"r1".parse().unwrap()).await.unwrap();
    let stopped = reply(&chat).await;
    assert_eq!(stopped.ending, Some(Ending::Stopped));
    assert_eq!(outcomes(&stopped.message.entries), [(OutcomeKind::Error, STOPPED), (OutcomeKind::Error, STOPPED)]);
    let seen = chat.sink.types("tab").len();
    chat.answers(&frame).await.unwrap();
    assert_eq!(tool.count(), 0);
    let types = types_after(&chat, seen);
    assert!(types.contains(&"tool-output-error".to_owned()), "an answer that comes too late is told so: {types:?}");
}

#[tokio::test]
async fn a_stop_that_overtakes_its_answer_ends_the_wait() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, Finish], &tool).await;
    let frame = answer(&chat, "r2", vec![approval(&chat, 1, true).await]).await;
    chat.service.stop(&chat.caller, &"r2".parse().unwrap()).await.unwrap();
    let seen = chat.sink.types("tab").len();
    chat.answers(&frame).await.unwrap();
    let stopped = reply(&chat).await;
    assert_eq!((stopped.ending, tool.count()), (Some(Ending::Stopped), 0));
    assert_eq!(outcomes(&stopped.message.entries), [(OutcomeKind::Error, STOPPED)]);
    assert_eq!(types_after(&chat, seen).last().unwrap(), "end");
}

/// A database on whose way the user's stop arrives right before the write that lets the turn wait.
struct StopBeforeWait {
    url: String,
    store: DynamoStore,
}

async fn stop_before_wait(State(stop): State<Arc<StopBeforeWait>>, headers: HeaderMap, body: Bytes) -> Bytes {
    let text = String::from_utf8_lossy(&body);
    if headers["x-amz-target"].to_str().unwrap().ends_with("UpdateItem") && text.contains(r#":status":{"S":"waiting"}"#)
    {
        let opened = stop.store.open(&user("alice"), &conversation_id("c"), None, 1).await.unwrap();
        let message_id = opened.conversation.unwrap().head_message_id;
        let turn = TurnKey { user_id: user("alice"), conversation_id: conversation_id("c"), message_id };
        assert!(stop.store.request_stop(&turn).await.unwrap(), "it still runs");
    }
    forward(&stop.url, headers, body).await.1
}

#[tokio::test]
async fn a_stop_right_before_the_wait_is_not_forgotten() {
    let tool = CountingTool::answering("paid");
    let chat = agent([vec![PAY, Finish], vec![Say("Done."), Finish]], &tool).await;
    let stop = StopBeforeWait { url: chat.database_url().to_owned(), store: chat.store() };
    let proxy = HttpServer::start(Router::new().route("/", post(stop_before_wait)).with_state(Arc::new(stop))).await;
    let chat = chat.with_limits_at(&proxy.url, UsageLimits::default());
    chat.says(send("r1", "c", "m1", "Pay")).await.unwrap();
    let stopped = reply(&chat).await;
    assert_eq!((stopped.ending, stopped.is_due), (Some(Ending::Stopped), false));
    assert_eq!(outcomes(&stopped.message.entries), [(OutcomeKind::Error, STOPPED)]);
    let finish = chat.sink.frames("tab").into_iter().rev().nth(1).unwrap();
    assert_eq!(finish["chunk"]["finishReason"], "interrupted");
}
