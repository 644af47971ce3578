//! `AWS::ApiGatewayV2::*`: an API in the resources of which SAM's own is made.

use std::collections::BTreeMap;

use super::api::{self, Api, Authorizer, Route};
use super::kinds::{AUTHORIZER, INTEGRATION, ROUTE, ROUTE_RESPONSE, STAGE};
use super::resources::{Resource, Resources};

/// The default route selection expression.
pub(super) const NO_SELECTION: &str = "$request.body.action";

pub(super) fn read(resources: &Resources<'_>, api: &Resource<'_>) -> Result<Api, String> {
    let mut routes = BTreeMap::new();
    let mut authorizer = None;
    for declared in parts(resources, ROUTE)? {
        let key = required(resources, declared, "RouteKey")?;
        if key == "$connect" {
            authorizer = read_authorizer(resources, declared)?;
        }
        routes.insert(key, route(resources, declared)?);
    }
    if routes.is_empty() {
        return Err(format!("{} has no {ROUTE}", api.id));
    }
    let stage = match parts(resources, STAGE)?.first() {
        Some(stage) => required(resources, stage, "StageName")?,
        None => return Err(format!("{} has no {STAGE}", api.id)),
    };
    Ok(Api {
        id: api::ID,
        stage,
        selection_expression: resources
            .text(api, "RouteSelectionExpression")?
            .unwrap_or_else(|| NO_SELECTION.to_owned()),
        routes,
        authorizer,
    })
}

fn route(resources: &Resources<'_>, declared: &Resource<'_>) -> Result<Route, String> {
    let target = required(resources, declared, "Target")?;
    let integration = target.strip_prefix("integrations/").and_then(|name| resources.named(INTEGRATION, name));
    let integration = integration
        .ok_or_else(|| format!("{}: Target {target} is not an integration of this template", declared.id))?;
    match resources.text(integration, "IntegrationType")?.as_deref() {
        Some("AWS_PROXY") => {}
        other => {
            let other = other.unwrap_or("(none)");
            return Err(format!("{}: IntegrationType {other} is not run here; use AWS_PROXY", integration.id));
        }
    }
    let selection = resources.text(declared, "RouteResponseSelectionExpression")?;
    Ok(Route {
        function: function(resources, integration, "IntegrationUri")?,
        timeout: api::timeout(resources.property(integration, "TimeoutInMillis")?.as_ref()),
        responds: has_response(resources, declared.id, selection.as_deref())?,
    })
}

/// Whether the client gets the response of a route's function: the route must select a response, and have one.
pub(super) fn has_response(resources: &Resources<'_>, route: &str, selection: Option<&str>) -> Result<bool, String> {
    for response in resources.of_kind(ROUTE_RESPONSE) {
        if selection.is_some() && resources.text(response, "RouteId")?.as_deref() == Some(route) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read_authorizer(resources: &Resources<'_>, connect: &Resource<'_>) -> Result<Option<Authorizer>, String> {
    match resources.text(connect, "AuthorizationType")?.as_deref() {
        None | Some("NONE") => return Ok(None),
        Some("CUSTOM") => {}
        Some(other) => {
            return Err(format!("{}: AuthorizationType {other} is not supported here; use CUSTOM or NONE", connect.id));
        }
    }
    let name = required(resources, connect, "AuthorizerId")?;
    let declared = resources.named(AUTHORIZER, &name);
    let declared = declared.ok_or_else(|| format!("{}: {name} is not an authorizer of this template", connect.id))?;
    Ok(Some(Authorizer {
        function: function(resources, declared, "AuthorizerUri")?,
        identity_sources: api::identity_sources(resources.property(declared, "IdentitySource")?.as_ref()),
    }))
}

/// The function that a URI such as `arn:aws:apigateway:…:lambda:path/2015-03-31/functions/{ARN}/invocations` names.
fn function(resources: &Resources<'_>, of: &Resource<'_>, property: &str) -> Result<String, String> {
    let uri = required(resources, of, property)?;
    let arn = uri.split_once("/functions/").map_or(uri.as_str(), |(_, rest)| rest);
    let arn = arn.strip_suffix("/invocations").unwrap_or(arn);
    resources.function_at(Some(arn)).map_err(|error| format!("{}, property {property}: {error}", of.id))
}

/// The resources of a kind that belong to the WebSocket API: an HTTP API beside it has others.
fn parts<'a, 'b>(resources: &'b Resources<'a>, kind: &'static str) -> Result<Vec<&'b Resource<'a>>, String> {
    let mut parts = Vec::new();
    for part in resources.of_kind(kind) {
        if resources.text(part, "ApiId")?.as_deref() == Some(api::ID) {
            parts.push(part);
        }
    }
    Ok(parts)
}

fn required(resources: &Resources<'_>, resource: &Resource<'_>, property: &str) -> Result<String, String> {
    let value = resources.text(resource, property)?;
    value.ok_or_else(|| format!("{} has no {property}", resource.id))
}
