//! Who caused an event, as API Gateway says.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequestContext;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use serde_json::Value;

use crate::conversation::{ConnectionId, UserId};

/// Who caused an event. Both names come from API Gateway; nothing that a client sends can change them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person: the principal that the authorizer named when the connection was opened.
    pub user: UserId,
    /// The connection.
    pub connection: ConnectionId,
}

impl Caller {
    /// The caller of an event; `None` when the route is not behind the authorizer.
    pub fn from_context(context: &ApiGatewayWebsocketProxyRequestContext) -> Option<Self> {
        let principal = context.authorizer.fields.get("principalId").and_then(Value::as_str)?;
        Some(Self { user: principal.parse().ok()?, connection: context.connection_id.as_deref()?.parse().ok()? })
    }

    /// The caller of an event that `lambda_http` has read.
    pub fn from_request(request: &Request) -> Option<Self> {
        match request.request_context_ref()? {
            RequestContext::WebSocket(context) => Self::from_context(context),
            #[allow(unreachable_patterns, reason = "other features of lambda_http bring other contexts")]
            _ => None,
        }
    }
}
