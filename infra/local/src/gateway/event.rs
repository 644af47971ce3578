//! The events that functions receive, field by field as captured on AWS.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::connection::{Close, Connection};
use super::headers::EventHeaders;
use super::id;
use super::service::Gateway;
use crate::template::STAGE;
use crate::{arn, date};

/// The handshake's request.
#[derive(Clone, Debug)]
pub struct ConnectRequest {
    /// Its headers.
    pub headers: EventHeaders,
    /// `queryStringParameters`.
    pub query: Map<String, Value>,
    /// `multiValueQueryStringParameters`.
    pub queries: Map<String, Value>,
}

/// An event for a REQUEST authorizer.
pub fn authorizer(gateway: &Gateway, connection: &Connection, request: &ConnectRequest, request_id: &str) -> Bytes {
    encode(json!({
        "type": "REQUEST",
        "methodArn": method_arn(gateway),
        "headers": request.headers.single,
        "multiValueHeaders": request.headers.multiple,
        "queryStringParameters": request.query,
        "multiValueQueryStringParameters": request.queries,
        "stageVariables": {},
        "requestContext": context(gateway, connection, "CONNECT", "$connect", request_id),
    }))
}

/// The ARN that an authorizer's policy must allow.
pub fn method_arn(gateway: &Gateway) -> String {
    arn::execute_api(gateway.shared.api.id, STAGE, "$connect")
}

/// A CONNECT event.
pub fn connect(gateway: &Gateway, connection: &Connection, request: &ConnectRequest, request_id: &str) -> Bytes {
    let mut event = json!({
        "headers": request.headers.single,
        "multiValueHeaders": request.headers.multiple,
        "requestContext": context(gateway, connection, "CONNECT", "$connect", request_id),
        "isBase64Encoded": false,
    });
    if !request.query.is_empty() {
        event["queryStringParameters"] = request.query.clone().into();
        event["multiValueQueryStringParameters"] = request.queries.clone().into();
    }
    encode(event)
}

/// A MESSAGE event.
pub fn message(gateway: &Gateway, connection: &Connection, route: &str, body: &str, request_id: &str) -> Bytes {
    let mut context = context(gateway, connection, "MESSAGE", route, request_id);
    context.insert("messageId".to_owned(), id::new().into());
    encode(json!({"requestContext": context, "body": body, "isBase64Encoded": false}))
}

/// A DISCONNECT event.
pub fn disconnect(gateway: &Gateway, connection: &Connection, end: &Close, request_id: &str) -> Bytes {
    let headers = EventHeaders::of_disconnect(&gateway.shared.domain);
    let mut context = context(gateway, connection, "DISCONNECT", "$disconnect", request_id);
    context.insert("disconnectStatusCode".to_owned(), end.code.into());
    context.insert("disconnectReason".to_owned(), end.reason.as_str().into());
    encode(json!({
        "headers": headers.single,
        "multiValueHeaders": headers.multiple,
        "requestContext": context,
        "isBase64Encoded": false,
    }))
}

fn context(
    gateway: &Gateway,
    connection: &Connection,
    kind: &str,
    route: &str,
    request_id: &str,
) -> Map<String, Value> {
    let clock = &gateway.shared.clock;
    let mut context = Map::from_iter([
        ("routeKey".to_owned(), route.into()),
        ("eventType".to_owned(), kind.into()),
        ("extendedRequestId".to_owned(), request_id.into()),
        ("requestTime".to_owned(), date::request_time(clock.wall_time()).into()),
        ("messageDirection".to_owned(), "IN".into()),
        ("stage".to_owned(), STAGE.into()),
        ("connectedAt".to_owned(), connection.connected_at.into()),
        ("requestTimeEpoch".to_owned(), clock.epoch_millis().into()),
        ("identity".to_owned(), connection.identity.to_json()),
        ("requestId".to_owned(), request_id.into()),
        ("domainName".to_owned(), gateway.shared.domain.as_str().into()),
        ("connectionId".to_owned(), connection.id.as_str().into()),
        ("apiId".to_owned(), gateway.shared.api.id.into()),
    ]);
    if let Some(authorizer) = connection.authorizer.get() {
        context.insert("authorizer".to_owned(), authorizer.clone().into());
    }
    context
}

fn encode(event: Value) -> Bytes {
    event.to_string().into()
}
