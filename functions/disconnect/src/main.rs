//! Forgets a connection that was closed. A turn that it started goes on.

use lambda_http::{Adapter, Body, Request, Response};
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{Error, Runtime, service_fn};
use natter::app::DisconnectApp;
use natter::caller::Caller;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    natter::logging::init();
    let app: &'static DisconnectApp = Box::leak(Box::new(DisconnectApp::from_environment().await?));
    let handler = Adapter::from(service_fn(async |request| disconnect(app, request).await));
    Runtime::new(handler).layer(TracingLayer::new()).run_concurrent().await
}

async fn disconnect(app: &DisconnectApp, request: Request) -> Result<Response<Body>, Error> {
    if let Some(caller) = Caller::from_request(&request) {
        app.connections.delete_connection(&caller.user, &caller.connection).await?;
    }
    Ok(Response::new(Body::Empty))
}
