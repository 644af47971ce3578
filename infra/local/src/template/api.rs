//! The WebSocket API, in either form of declaration.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// The id of the one API, and the result of its `!Ref`.
pub(super) const ID: &str = "local";

/// The API's stage here, whatever the template's.
pub const STAGE: &str = "local";

/// API Gateway's maximum integration timeout.
const MAX_INTEGRATION_TIMEOUT: Duration = Duration::from_millis(29_000);

/// A WebSocket API.
#[derive(Clone, Debug)]
pub struct Api {
    /// What `!Ref` of it gives.
    pub id: &'static str,
    /// The stage that the template names; the one here is [`STAGE`].
    pub stage: String,
    /// The route selection expression, such as `$request.body.type`.
    pub selection_expression: String,
    /// Routes by key.
    pub routes: BTreeMap<String, Route>,
    /// The authorizer, if any.
    pub authorizer: Option<Authorizer>,
}

/// The route of one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Logical id of the function.
    pub function: String,
    /// The integration timeout.
    pub timeout: Duration,
    /// Whether the client is sent the body that the function returns: only where the route has a route response.
    pub responds: bool,
}

/// A REQUEST authorizer in front of `$connect`.
#[derive(Clone, Debug, PartialEq)]
pub struct Authorizer {
    /// Logical id of the function.
    pub function: String,
    /// The identity sources that a request must have, such as `route.request.querystring.token`.
    pub identity_sources: Vec<String>,
}

/// The time that a template gives an integration, in milliseconds.
pub(super) fn timeout(declared: Option<&Value>) -> Duration {
    let millis = declared.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    millis.map_or(MAX_INTEGRATION_TIMEOUT, Duration::from_millis).min(MAX_INTEGRATION_TIMEOUT)
}

/// Identity sources, of which a template may write a single one without a list.
pub(super) fn identity_sources(declared: Option<&Value>) -> Vec<String> {
    match declared {
        Some(Value::Array(sources)) => sources.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(source)) => vec![source.clone()],
        _ => Vec::new(),
    }
}
