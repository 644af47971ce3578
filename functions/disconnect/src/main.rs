//! Deletes a connection that was closed. A turn that it started goes on.

use lambda_http::{Body, Request, Response};
use lambda_runtime::Error;
use natter::app::DisconnectApp;
use natter::caller::{Caller, closed_normally};
use natter::conversation::Timestamp;
use natter::function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::run_http(DisconnectApp::from_environment(), disconnect).await
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
