//! Deletes a connection that was closed. A turn that it started goes on.

use lambda_http::{Adapter, Body, Request, Response};
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{Error, Runtime, service_fn};
use natter::app::DisconnectApp;
use natter::caller::{Caller, closed_normally};
use natter::conversation::Timestamp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    natter::logging::init();
    let app: &'static DisconnectApp = Box::leak(Box::new(DisconnectApp::from_environment().await?));
    let handler = Adapter::from(service_fn(async |request| disconnect(app, request).await));
    Runtime::new(handler).layer(TracingLayer::new()).run_concurrent().await
}

async fn disconnect(app: &DisconnectApp, request: Request) -> Result<Response<Body>, Error> {
    if let Some(Caller { user, connection, .. }) = Caller::from_request(&request) {
        match closed_normally(&request) {
            true => app.connections.delete_connection(&user, &connection).await?,
            // Its client may have missed the end of a reply.
            false => app.connections.lose_connection(&user, &connection, Timestamp::now()).await?,
        }
    }
    Ok(Response::new(Body::Empty))
}
