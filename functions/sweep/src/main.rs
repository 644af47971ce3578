//! Runs once a minute: recovers abandoned turns, asks clients to reconnect whose connection will be closed soon, closes
//! those that have ended, and purges deleted conversations.

use std::time::{Duration, SystemTime};

use lambda_runtime::{Error, LambdaEvent};
use natter::app::ChatApp;
use natter::function;
use natter::services::Turn;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::run(ChatApp::from_environment(), sweep).await
}

// The next sweep starts another environment if this one is still writing replies.
async fn sweep(app: &ChatApp, event: LambdaEvent<Value>) -> Result<(), Error> {
    let time_left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or(Duration::ZERO);
    let (recovered, notified) = tokio::join!(app.chat.sweep(), app.chat.request_reconnects());
    let writing = recovered?.into_iter().map(|turn: Turn| turn.run(time_left));
    let (_, removed) = tokio::join!(futures::future::join_all(writing), app.conversations.finish_deletions());
    Ok(notified.and(removed)?)
}
