//! Runs once a minute: recovers abandoned turns, asks clients to reconnect whose connection will be closed soon, closes
//! those that have ended, and purges deleted conversations.

use std::time::{Duration, SystemTime};

use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use natter::app::ChatApp;
use natter::invocation::PerInvocation;
use natter::services::Turn;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    natter::logging::init();
    let app: &'static ChatApp = Box::leak(Box::new(ChatApp::from_environment().await?));
    let handler = service_fn(async |event| sweep(app, event).await);
    Runtime::new(handler).layer(PerInvocation).layer(TracingLayer::new()).run_concurrent().await
}

// The next sweep starts another environment if this one is still writing replies.
async fn sweep(app: &ChatApp, event: LambdaEvent<Value>) -> Result<(), Error> {
    let time_left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or(Duration::ZERO);
    let (recovered, notified) = tokio::join!(app.chat.sweep(), app.chat.request_reconnects());
    let writing = recovered?.into_iter().map(|turn: Turn| turn.run(time_left));
    let (_, removed) = tokio::join!(futures::future::join_all(writing), app.conversations.finish_deletions());
    Ok(notified.and(removed)?)
}
