//! A wait that is answered before it was delivered to all who follow the reply.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use natter::allowance::UsageLimits;
use natter::caller::Caller;
use natter::conversation::Status;
use natter::protocol::ClientFrame;

use super::{PAY, agent, answer, approval, reply};
use crate::support::Step::{Finish, Say};
use crate::support::{CountingTool, HttpServer, forward, send};

/// A database on whose way no transaction arrives: a wait is stored, and never marked as delivered.
async fn without_transactions(State(url): State<Arc<String>>, headers: HeaderMap, body: Bytes) -> (StatusCode, Bytes) {
    let text = String::from_utf8_lossy(&body);
    if headers["x-amz-target"].to_str().unwrap().ends_with("TransactWriteItems") && text.contains(":until") {
        return (StatusCode::INTERNAL_SERVER_ERROR, Bytes::new());
    }
    forward(&url, headers, body).await
}

#[tokio::test]
async fn who_may_not_have_got_the_wait_is_told_to_read_again_when_another_device_answers() {
    let chat = agent([vec![PAY, Finish], vec![Say("Done."), Finish]], &CountingTool::answering("paid")).await;
    let url = Arc::new(chat.database_url().to_owned());
    let proxy = HttpServer::start(Router::new().route("/", post(without_transactions)).with_state(url)).await;
    let chat = chat.with_limits_at(&proxy.url, UsageLimits::default());
    chat.says(send("r1", "c", "m1", "Pay")).await.unwrap();
    assert!(reply(&chat).await.is_due, "it waits, and is not delivered");

    let frame = answer(&chat, "r2", vec![approval(&chat, 1, true).await]).await;
    let Ok(ClientFrame::Answer(frame)) = ClientFrame::decode(&frame.to_string()) else { panic!("an answer") };
    let phone = Caller { connection: "phone".parse().unwrap(), ..chat.caller.clone() };
    let turn = chat.service.answer(&phone, &frame).await.unwrap().unwrap();
    turn.run(Duration::from_secs(60)).await;
    assert_eq!(reply(&chat).await.message.status, Status::Complete);
    assert_eq!(chat.sink.types("phone").last().unwrap(), "end");
    let told = chat.sink.frames("tab").pop().unwrap();
    assert_eq!((&told["requestId"], &told["code"]), (&"r1".into(), &"interrupted".into()));
}
