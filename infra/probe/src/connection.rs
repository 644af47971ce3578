//! The roles of `$connect` and `$disconnect`.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::Error;
use serde_json::{Value, json};

use crate::gateway::Gateway;

/// Behaves as the query parameter `connect` says.
pub async fn connect(gateway: &Gateway, event: Value) -> Result<Value, Error> {
    let request: ApiGatewayWebsocketProxyRequest = serde_json::from_value(event.clone())?;
    match request.query_string_parameters.first("connect").unwrap_or_default() {
        "fail" => Err("out of order".into()),
        "garbage" => Ok(json!("yes")),
        "early-post" => {
            let id = request.request_context.connection_id.unwrap_or_default();
            // The status reports the post's result to the client.
            Ok(json!({ "statusCode": if gateway.post(&id, "early").await == "gone" { 418 } else { 500 } }))
        }
        "report" => {
            report(gateway, &request, &json!({ "connected": event })).await;
            Ok(json!({ "statusCode": 200 }))
        }
        "" => Ok(json!({ "statusCode": 200 })),
        subprotocol if subprotocol.parse::<u16>().is_err() => {
            Ok(json!({ "statusCode": 200, "headers": { "sec-websocket-protocol": subprotocol } }))
        }
        status => Ok(json!({ "statusCode": status.parse::<u16>()? })),
    }
}

/// Reports the event to the watcher.
pub async fn disconnect(gateway: &Gateway, event: Value) -> Result<Value, Error> {
    let request: ApiGatewayWebsocketProxyRequest = serde_json::from_value(event.clone())?;
    report(gateway, &request, &json!({ "disconnected": event })).await;
    Ok(json!({ "statusCode": 200 }))
}

/// Posts to the connection that the authorizer's context names, if it names one.
async fn report(gateway: &Gateway, request: &ApiGatewayWebsocketProxyRequest, report: &Value) {
    let watcher = request.request_context.authorizer.fields.get("watcher").and_then(Value::as_str);
    if let Some(watcher) = watcher.filter(|watcher| !watcher.is_empty()) {
        gateway.post(watcher, &report.to_string()).await;
    }
}
