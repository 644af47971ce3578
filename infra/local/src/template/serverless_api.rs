//! `AWS::Serverless::WebSocketApi`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::api::{self, Api, Authorizer, Route};
use super::gateway_resources::{NO_SELECTION, has_response};
use super::resources::{Resource, Resources, route_id};

pub(super) fn read(resources: &Resources<'_>, api: &Resource<'_>) -> Result<Api, String> {
    Ok(Api {
        id: api::ID,
        stage: resources.text(api, "StageName")?.unwrap_or_else(|| "default".to_owned()),
        selection_expression: resources
            .text(api, "RouteSelectionExpression")?
            .unwrap_or_else(|| NO_SELECTION.to_owned()),
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
        let function = resources
            .function_at(route.get("FunctionArn").and_then(Value::as_str))
            .map_err(|error| format!("{}, route {key}: {error}", api.id))?;
        let timeout = api::timeout(route.get("IntegrationTimeout"));
        let selection = route.get("RouteResponseSelectionExpression").and_then(Value::as_str);
        let responds = has_response(resources, &route_id(api.id, key), selection)?;
        routes.insert(key.clone(), Route { function, timeout, responds });
    }
    Ok(routes)
}

fn authorizer(resources: &Resources<'_>, api: &Resource<'_>) -> Result<Option<Authorizer>, String> {
    let Some(auth) = resources.property(api, "Auth")? else { return Ok(None) };
    match auth.get("AuthType").and_then(Value::as_str) {
        Some("NONE") => Ok(None),
        Some("CUSTOM") => Ok(Some(Authorizer {
            function: resources
                .function_at(auth.get("AuthArn").and_then(Value::as_str))
                .map_err(|error| format!("{}, Auth: {error}", api.id))?,
            identity_sources: api::identity_sources(auth.get("IdentitySource")),
        })),
        other => {
            Err(format!("{}: AuthType {} is not supported here; use CUSTOM or NONE", api.id, other.unwrap_or("(none)")))
        }
    }
}
