//! Stores a new connection under its user, if the user may have one more, and chooses the subprotocol.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::{Error, LambdaEvent};
use natter::app::ConnectApp;
use natter::caller::Caller;
use natter::conversation::Timestamp;
use natter::db::ConnectionRecord;
use natter::function;
use serde_json::{Value, json};

/// API Gateway closes a connection after two hours.
const LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

/// How long before its end the client is notified. The sweep that does so runs once a minute.
const NOTICE: Duration = Duration::from_secs(3 * 60);

/// The subprotocol that clients offer beside their token, which they send as another one.
const SUBPROTOCOL: &str = "chat";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::run(ConnectApp::from_environment(), connect).await
}

// `lambda_http` would write the headers of the answer only into `multiValueHeaders`, which API Gateway does not read
// for the subprotocol: so this function builds its own JSON.
async fn connect(app: &ConnectApp, event: LambdaEvent<ApiGatewayWebsocketProxyRequest>) -> Result<Value, Error> {
    let request = event.payload;
    let Some(caller) = Caller::from_context(&request.request_context) else {
        return Ok(json!({ "statusCode": 401 }));
    };
    let connected_at = Timestamp::now();
    let closed_at = connected_at + LIFETIME;
    let ends_at = caller.token_ends_at().map_or(closed_at, |token| token.min(closed_at));
    let record = ConnectionRecord {
        user: caller.user,
        connection: caller.connection,
        connected_at,
        ends_at,
        notice_at: ends_at - NOTICE,
    };
    if !app.connections.admit(&record).await? {
        return Ok(json!({ "statusCode": 429 }));
    }

    let offered = request.headers.get("Sec-WebSocket-Protocol");
    let offers_chat = offered
        .and_then(|offered| offered.to_str().ok())
        .is_some_and(|offered| offered.split(',').any(|protocol| protocol.trim() == SUBPROTOCOL));
    Ok(match offers_chat {
        true => json!({ "statusCode": 200, "headers": { "Sec-WebSocket-Protocol": SUBPROTOCOL } }),
        false => json!({ "statusCode": 200 }),
    })
}
