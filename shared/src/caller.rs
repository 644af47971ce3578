//! The caller of an event, from the API Gateway request context.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequestContext;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use serde_json::Value;

use crate::auth::CLOCK_LEEWAY;
use crate::conversation::{ConnectionId, Timestamp, UserId};

/// The close codes of RFC 6455 for a connection that is no longer needed: normal closure, going away, and none.
const NORMAL_CLOSE_CODES: [i64; 3] = [1000, 1001, 1005];

/// The caller of an event. Both ids come from API Gateway; nothing that a client sends can change them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user: the principal that the authorizer named when the connection was opened.
    pub user: UserId,
    /// The connection.
    pub connection: ConnectionId,
    /// When it was opened.
    pub connected_at: Timestamp,
    /// When the token expires with which the connection was opened.
    pub token_expires_at: Option<Timestamp>,
}

impl Caller {
    /// The caller of an event; `None` when the route is not behind the authorizer.
    pub fn from_context(context: &ApiGatewayWebsocketProxyRequestContext) -> Option<Self> {
        let principal = context.authorizer.fields.get("principalId").and_then(Value::as_str)?;
        Some(Self {
            user: principal.parse().ok()?,
            connection: context.connection_id.as_deref()?.parse().ok()?,
            connected_at: Timestamp(u64::try_from(context.connected_at).unwrap_or_default()),
            token_expires_at: context.authorizer.fields.get("tokenExpiresAt").and_then(seconds),
        })
    }

    /// The first moment at which the authorizer would reject the connection's token: in whole seconds, as it counts.
    pub fn token_ends_at(&self) -> Option<Timestamp> {
        let last = self.token_expires_at? + CLOCK_LEEWAY;
        Some(Timestamp::from_seconds(last.seconds().saturating_add(1)))
    }

    /// Whether the connection's token has expired: a client that is rejected here must not be let in again with the
    /// same token.
    pub fn token_has_ended(&self, now: Timestamp) -> bool {
        self.token_ends_at().is_some_and(|end| end <= now)
    }

    /// The caller of an event that `lambda_http` has read.
    pub fn from_request(request: &Request) -> Option<Self> {
        Self::from_context(context_of(request)?)
    }
}

/// Whether the client closed its connection normally, as a page does that is left or reloaded. API Gateway reports the
/// same for connections that it ends itself, when idle or too old.
pub fn closed_normally(request: &Request) -> bool {
    let code = context_of(request).and_then(|context| context.disconnect_status_code);
    code.is_some_and(|code| NORMAL_CLOSE_CODES.contains(&code))
}

fn context_of(request: &Request) -> Option<&ApiGatewayWebsocketProxyRequestContext> {
    match request.request_context_ref()? {
        RequestContext::WebSocket(context) => Some(context),
        #[allow(unreachable_patterns, reason = "other features of lambda_http bring other contexts")]
        _ => None,
    }
}

// API Gateway passes an authorizer's context on as strings.
fn seconds(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    Some(Timestamp::from_seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_left_says_goodbye_and_a_network_that_is_lost_does_not() {
        let codes =
            [(Some(1000), true), (Some(1001), true), (Some(1005), true), (Some(1006), false), (Some(1011), false)];
        for (code, is_goodbye) in codes.into_iter().chain([(None, false)]) {
            let mut context = ApiGatewayWebsocketProxyRequestContext::default();
            context.disconnect_status_code = code;
            let request = Request::default().with_request_context(RequestContext::WebSocket(context));
            assert_eq!(closed_normally(&request), is_goodbye, "{code:?}");
        }
    }

    #[test]
    fn a_token_ends_when_the_authorizer_would_not_take_it_any_more() {
        let until = |seconds: Option<u64>| Caller {
            user: "alice".parse().unwrap(),
            connection: "c".parse().unwrap(),
            connected_at: Timestamp(0),
            token_expires_at: seconds.map(|seconds| Timestamp(seconds * 1000)),
        };
        for (expires_at, now, has_ended) in [
            (Some(1000), 1_030_999, false),
            (Some(1000), 1_031_000, true),
            (Some(1000), 10, false),
            (None, 1 << 40, false),
        ] {
            assert_eq!(until(expires_at).token_has_ended(Timestamp(now)), has_ended, "{expires_at:?} {now}");
        }
    }
}
