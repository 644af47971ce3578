//! Where an event comes from.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The origin that an event names.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The connection that a gateway's event is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// `requestContext.requestId` of a gateway's event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_request: Option<String>,
    /// The route of a gateway's event, or the service that any other event names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Origin {
    /// Reads it from an event, without storing the rest.
    pub fn of(event: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct EventFields<'a> {
            #[serde(borrow)]
            request_context: Context<'a>,
            #[serde(borrow)]
            source: Option<Cow<'a, str>>,
        }
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Context<'a> {
            #[serde(borrow)]
            connection_id: Option<Cow<'a, str>>,
            #[serde(borrow)]
            request_id: Option<Cow<'a, str>>,
            #[serde(borrow)]
            route_key: Option<Cow<'a, str>>,
        }
        // An event of another shape names no origin.
        let EventFields { request_context: context, source } = serde_json::from_slice(event).unwrap_or_default();
        Self {
            connection: context.connection_id.map(Cow::into_owned),
            gateway_request: context.request_id.map(Cow::into_owned),
            source: context.route_key.or(source).map(Cow::into_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_its_origin() {
        let message = br#"{"body": "{\"a\": 1}", "requestContext": {"connectionId": "c=", "requestId": "r", "routeKey": "$default", "authorizer": {"principalId": "alice"}}}"#;
        let origin = Origin {
            connection: Some("c=".into()),
            gateway_request: Some("r".into()),
            source: Some("$default".into()),
        };
        assert_eq!(Origin::of(message), origin);
        let schedule = br#"{"source": "aws.scheduler", "detail": "{}"}"#;
        assert_eq!(Origin::of(schedule).source.as_deref(), Some("aws.scheduler"));
        for other in [b"{}".as_slice(), b"[1]", b"not JSON", br#"{"source": 7}"#] {
            assert_eq!(Origin::of(other), Origin::default());
        }
    }
}
