//! The upgrade, which waits for the authorizer and `$connect`.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::extract::{self, ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

use super::authorizer::{self, Decision};
use super::connection::{Close, Connection, Identity};
use super::error_body::ErrorBody;
use super::event::{self, ConnectRequest};
use super::headers::{self, EventHeaders};
use super::integration::{self, IntegrationError};
use super::service::Gateway;
use super::upgrade::Upgrade;
use super::{id, socket};
use crate::events::{Event, Handshake};
use crate::template::Authorizer;
use crate::trace;

/// What is logged of an authorizer's invalid response.
const INVALID_AUTHORIZER_RESPONSE: &str =
    "what it answered is not for API Gateway, which needs principalId, policyDocument and a context of plain values";

/// How long API Gateway waits for an authorizer.
const AUTHORIZER_TIMEOUT: Duration = Duration::from_secs(29);

/// A rejected handshake.
struct RejectedHandshake {
    status: StatusCode,
    message: &'static str,
}

pub(super) async fn connect(
    State(gateway): State<Gateway>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    mut asked: extract::Request,
) -> Response {
    let Some(upgrade) = Upgrade::of(&mut asked) else {
        return (StatusCode::UPGRADE_REQUIRED, [("Upgrade", "websocket"), ("Connection", "Upgrade")]).into_response();
    };
    let started = Instant::now();
    let request_id = id::new();
    let request = request(&gateway, client, asked.uri(), asked.headers());
    let identity = Identity {
        source_ip: client.ip().to_string(),
        user_agent: request.headers.get("User-Agent").map(str::to_owned),
    };
    let (connection, tasks) = Connection::new(identity, &gateway.shared.clock);

    let admitted = admit(&gateway, &connection, &request, &request_id).await;
    let admitted = admitted.and_then(|subprotocol| select(&upgrade, subprotocol));
    let handshake = || handshake(&connection, &request, started);
    let subprotocol = match admitted {
        Ok(subprotocol) => subprotocol,
        Err(refusal) => {
            gateway.shared.journal.record(|| Event::ConnectionRefused {
                connection: connection.id.clone(),
                status: refusal.status.as_u16(),
                handshake: handshake(),
            });
            return refusal.response(&connection, &request_id);
        }
    };

    gateway.shared.connections.insert(connection.clone());
    gateway
        .shared
        .journal
        .record(|| Event::ConnectionOpened { connection: connection.id.clone(), handshake: handshake() });
    let (response, socket) = upgrade.accept(subprotocol);
    tokio::spawn(async move {
        match socket.await {
            Some(socket) => socket::serve(gateway, connection, tasks, socket).await,
            None => socket::disconnect(&gateway, &connection, &Close::abnormal()).await,
        }
    });
    response
}

/// The response header for the subprotocol that `$connect` chose.
fn select(upgrade: &Upgrade, chosen: Option<String>) -> Result<Option<HeaderValue>, RejectedHandshake> {
    let Some(chosen) = chosen else { return Ok(None) };
    match HeaderValue::from_str(&chosen) {
        Ok(value) if upgrade.offers(&chosen) => Ok(Some(value)),
        // A client that gets a subprotocol it did not offer must fail the connection, so the gateway does.
        _ => Err(RejectedHandshake::integration_failed()),
    }
}

/// The journal's record of a handshake.
fn handshake(connection: &Connection, request: &ConnectRequest, started: Instant) -> Handshake {
    let principal = connection.authorizer.get().and_then(|context| context.get("principalId")?.as_str());
    let handshake = Handshake {
        principal: principal.map(str::to_owned),
        source_ip: connection.identity.source_ip.clone(),
        user_agent: connection.identity.user_agent.clone(),
        origin: request.headers.get("Origin").map(str::to_owned),
        millis: started.elapsed(),
        ..Handshake::default()
    };
    handshake.masked(&request.query, request.headers.get("Sec-WebSocket-Protocol"))
}

fn request(gateway: &Gateway, client: SocketAddr, uri: &Uri, headers: &HeaderMap) -> ConnectRequest {
    let port = gateway.shared.domain.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(80);
    let trace = trace::root(gateway.shared.clock.epoch_millis());
    let (query, queries) = headers::query(uri.query());
    ConnectRequest { headers: EventHeaders::of_request(headers, client, port, &trace), query, queries }
}

/// Invokes the authorizer and `$connect`. Returns the subprotocol that the latter chose.
async fn admit(
    gateway: &Gateway,
    connection: &Connection,
    request: &ConnectRequest,
    request_id: &str,
) -> Result<Option<String>, RejectedHandshake> {
    if let Some(authorizer) = &gateway.shared.api.authorizer {
        authorize(gateway, authorizer, connection, request, request_id).await?;
    }
    let Some(route) = gateway.shared.api.routes.get("$connect") else { return Ok(None) };
    let event = event::connect(gateway, connection, request, request_id);
    match integration::invoke(gateway, route, event).await {
        Ok(answer) if answer.status < 400 => Ok(answer.subprotocol),
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
            Err(RejectedHandshake { status, message: status.canonical_reason().unwrap_or("Refused") })
        }
        Err(IntegrationError::Failed) => Err(RejectedHandshake::integration_failed()),
        Err(IntegrationError::TimedOut) => {
            Err(RejectedHandshake { status: StatusCode::GATEWAY_TIMEOUT, message: "Endpoint request timed out" })
        }
    }
}

async fn authorize(
    gateway: &Gateway,
    authorizer: &Authorizer,
    connection: &Connection,
    request: &ConnectRequest,
    request_id: &str,
) -> Result<(), RejectedHandshake> {
    if !authorizer.identity_sources.iter().all(|source| carries(request, source)) {
        return Err(RejectedHandshake::unauthorized());
    }
    let event = event::authorizer(gateway, connection, request, request_id);
    let asked = gateway.shared.lambda.invoke(&authorizer.function, event);
    let decision = match integration::within(gateway, AUTHORIZER_TIMEOUT, asked).await {
        Some(answer) => {
            let answered = answer.is_ok();
            let decision = authorizer::decide(answer, &event::method_arn(gateway));
            if answered && decision == Decision::Failed {
                gateway.shared.lambda.report_invalid_response(&authorizer.function, INVALID_AUTHORIZER_RESPONSE);
            }
            decision
        }
        None => Decision::Failed,
    };
    match decision {
        Decision::Allow(context) => {
            // It is set only here.
            let _ = connection.authorizer.set(context);
            Ok(())
        }
        Decision::Unauthorized => Err(RejectedHandshake::unauthorized()),
        Decision::Deny => Err(RejectedHandshake {
            status: StatusCode::FORBIDDEN,
            message: "User is not authorized to access this resource",
        }),
        Decision::Failed => {
            Err(RejectedHandshake { status: StatusCode::INTERNAL_SERVER_ERROR, message: "Internal server error" })
        }
    }
}

/// Whether a request has a value at an identity source such as `route.request.querystring.token`.
fn carries(request: &ConnectRequest, source: &str) -> bool {
    if let Some(name) = source.strip_prefix("route.request.header.") {
        request.headers.get(name).is_some_and(|value| !value.is_empty())
    } else if let Some(name) = source.strip_prefix("route.request.querystring.") {
        request.query.get(name).and_then(|value| value.as_str()).is_some_and(|value| !value.is_empty())
    } else {
        // Stage variables and context values are not the client's.
        true
    }
}

impl RejectedHandshake {
    fn unauthorized() -> Self {
        Self { status: StatusCode::UNAUTHORIZED, message: "Unauthorized" }
    }

    fn integration_failed() -> Self {
        Self { status: StatusCode::BAD_GATEWAY, message: "Internal server error" }
    }

    fn response(&self, connection: &Connection, request_id: &str) -> Response {
        (self.status, axum::Json(ErrorBody::new(self.message, connection, request_id))).into_response()
    }
}
