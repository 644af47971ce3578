//! `AWS::Serverless::WebSocketApi`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{Resource, Resources};

pub(super) const KIND: &str = "AWS::Serverless::WebSocketApi";

/// The id of the one API: what `!Ref` of it gives.
pub(super) const ID: &str = "local";

/// API Gateway lets no integration take longer.
const LONGEST_INTEGRATION: Duration = Duration::from_millis(29_000);

/// A WebSocket API.
#[derive(Clone, Debug)]
pub struct Api {
    /// What `!Ref` of it gives.
    pub id: &'static str,
    /// The stage that the template names; the local one is always `local`.
    pub stage: String,
    /// Says which part of a message names its route, such as `$request.body.type`.
    pub selection_expression: String,
    /// Routes by key.
    pub routes: BTreeMap<String, Route>,
    /// Who may connect; nobody is asked where this is `None`.
    pub authorizer: Option<Authorizer>,
}

/// Where the messages of one route key go.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Logical id of the function.
    pub function: String,
    /// How long the gateway waits for it.
    pub timeout: Duration,
}

/// A REQUEST authorizer in front of `$connect`.
#[derive(Clone, Debug, PartialEq)]
pub struct Authorizer {
    /// Logical id of the function.
    pub function: String,
    /// What a request must carry to be looked at, such as `route.request.querystring.token`.
    pub identity_sources: Vec<String>,
}

pub(super) fn read(resources: &Resources<'_>) -> Result<Api, String> {
    let mut apis = resources.of_kind(KIND);
    let Some(api) = apis.next() else { return Err(format!("there is no {KIND}")) };
    if apis.next().is_some() {
        return Err(format!("there is more than one {KIND}; this stack runs one"));
    }
    let text = |name: &str| {
        Ok::<_, String>(resources.property(api, name)?.and_then(|value| value.as_str().map(str::to_owned)))
    };
    Ok(Api {
        id: ID,
        stage: text("StageName")?.unwrap_or_else(|| "default".to_owned()),
        selection_expression: text("RouteSelectionExpression")?.unwrap_or_else(|| "$request.body.action".to_owned()),
        routes: routes(resources, api)?,
        authorizer: authorizer(resources, api)?,
    })
}

fn routes(resources: &Resources<'_>, api: &Resource<'_>) -> Result<BTreeMap<String, Route>, String> {
    let declared = resources.property(api, "Routes")?;
    let Some(declared) = declared.as_ref().and_then(Value::as_object) else {
        return Err(format!("{} has no Routes", api.id));
    };
    let mut routes = BTreeMap::new();
    for (key, route) in declared {
        let function = function(resources, route.get("FunctionArn"))
            .map_err(|error| format!("{}, route {key}: {error}", api.id))?;
        let timeout = route.get("IntegrationTimeout").and_then(Value::as_u64).map(Duration::from_millis);
        let timeout = timeout.unwrap_or(LONGEST_INTEGRATION).min(LONGEST_INTEGRATION);
        routes.insert(key.clone(), Route { function, timeout });
    }
    Ok(routes)
}

fn authorizer(resources: &Resources<'_>, api: &Resource<'_>) -> Result<Option<Authorizer>, String> {
    let Some(auth) = resources.property(api, "Auth")? else { return Ok(None) };
    match auth.get("AuthType").and_then(Value::as_str) {
        Some("NONE") => Ok(None),
        Some("CUSTOM") => {
            let sources = auth.get("IdentitySource").and_then(Value::as_array).into_iter().flatten();
            Ok(Some(Authorizer {
                function: function(resources, auth.get("AuthArn"))
                    .map_err(|error| format!("{}, Auth: {error}", api.id))?,
                identity_sources: sources.filter_map(Value::as_str).map(str::to_owned).collect(),
            }))
        }
        other => {
            Err(format!("{}: AuthType {} is not supported here; use CUSTOM or NONE", api.id, other.unwrap_or("(none)")))
        }
    }
}

fn function(resources: &Resources<'_>, arn: Option<&Value>) -> Result<String, String> {
    let arn = arn.and_then(Value::as_str).ok_or("it names no function")?;
    resources.function_of_arn(arn).ok_or_else(|| format!("{arn} is not a function of this template"))
}
