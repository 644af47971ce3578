//! What the stack needs to know of a SAM template: its functions, its WebSocket API and its tables.
//!
//! Only the properties used here are resolved, so anything may stand in the rest of the template.

mod api;
mod asynchronous;
mod document;
mod elsewhere;
mod function_url;
mod functions;
mod gateway_resources;
mod intrinsics;
mod logging;
mod policies;
mod schedules;
mod serverless_api;
mod tables;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

pub use api::{Api, Authorizer, Route};
pub use asynchronous::{Asynchronous, Destination};
pub use function_url::FunctionUrl;
pub use functions::Function;
pub use intrinsics::{ACCOUNT, REGION};
pub use logging::{LogFormat, Logging};
pub use policies::Policy;
pub use schedules::{Schedule, Scheduler};
pub use tables::Table;

use intrinsics::{Resolver, ResourceNames};

/// The part of a template that runs on one machine.
#[derive(Clone, Debug)]
pub struct Template {
    /// The functions, in the template's order.
    pub functions: Vec<Function>,
    /// The WebSocket API.
    pub api: Api,
    /// The DynamoDB tables.
    pub tables: Vec<Table>,
    /// What of the template does not run here, in a sentence for people.
    pub elsewhere: Option<String>,
}

/// Values of a template's parameters by name, as a person gives them when it is deployed.
pub type Parameters = BTreeMap<String, String>;

impl Template {
    /// Reads a template file. The error says what is wrong and where.
    pub fn read(path: &Path, parameters: &Parameters) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::parse(&text, parameters)
    }

    /// Reads the text of a template, in YAML or JSON.
    pub fn parse(text: &str, parameters: &Parameters) -> Result<Self, String> {
        let document = document::parse(text)?;
        let resources = Resources::of(&document, parameters)?;
        Ok(Self {
            functions: functions::read(&document, &resources)?,
            api: api::read(&resources)?,
            tables: tables::read(&resources)?,
            elsewhere: elsewhere::sentence(resources.declared.iter().filter(|resource| resource.is_elsewhere())),
        })
    }
}

/// The resources of a template whose conditions hold, and what is needed to resolve their properties.
struct Resources<'a> {
    declared: Vec<Resource<'a>>,
    resolver: Resolver,
}

struct Resource<'a> {
    id: &'a str,
    kind: &'a str,
    body: &'a Map<String, Value>,
}

impl<'a> Resources<'a> {
    fn of(document: &'a Value, given: &Parameters) -> Result<Self, String> {
        let mut resolver = Resolver {
            parameters: parameters(document, given)?,
            conditions: document.get("Conditions").and_then(Value::as_object).cloned().unwrap_or_default(),
            mappings: document.get("Mappings").and_then(Value::as_object).cloned().unwrap_or_default(),
            ..Resolver::default()
        };
        let mut declared = Vec::new();
        for (id, body) in section(document, "Resources") {
            let Some(body) = body.as_object() else { return Err(format!("resource {id} has no body")) };
            let kind = body.get("Type").and_then(Value::as_str).ok_or_else(|| format!("resource {id} has no Type"))?;
            if let Some(Value::String(condition)) = body.get("Condition")
                && !resolver.condition(condition).map_err(|error| format!("resource {id}: {error}"))?
            {
                continue;
            }
            declared.push(Resource { id, kind, body });
        }
        for resource in &declared {
            let names = resource.names(&resolver)?;
            resolver.resources.insert(resource.id.to_owned(), names);
            for id in resource.generated() {
                resolver.resources.insert(id.clone(), ResourceNames { reference: id, ..ResourceNames::default() });
            }
        }
        Ok(Self { declared, resolver })
    }

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Resource<'a>> {
        self.declared.iter().filter(move |resource| resource.kind == kind)
    }

    /// A property with every function in it resolved; `None` where it is absent.
    fn property(&self, resource: &Resource<'_>, name: &str) -> Result<Option<Value>, String> {
        let Some(value) = resource.property(name) else { return Ok(None) };
        let value =
            self.resolver.resolve(value).map_err(|error| format!("{}, property {name}: {error}", resource.id))?;
        Ok((!value.is_null()).then_some(value))
    }

    /// A property as text; `None` where it is absent.
    fn text(&self, resource: &Resource<'_>, name: &str) -> Result<Option<String>, String> {
        let Some(value) = resource.property(name) else { return Ok(None) };
        let text = self.resolver.text(value).map_err(|error| format!("{}, property {name}: {error}", resource.id))?;
        Ok((!text.is_empty()).then_some(text))
    }

    /// What `Ref` of a resource gives.
    fn reference(&self, resource: &Resource<'_>) -> String {
        self.resolver.resources.get(resource.id).map(|names| names.reference.clone()).unwrap_or_default()
    }

    /// The resource of this kind that `Ref` gives this name.
    fn named(&self, kind: &'static str, name: &str) -> Option<&Resource<'a>> {
        self.of_kind(kind).find(|resource| self.reference(resource) == name)
    }

    /// The logical id of the function that an ARN names. Of its versions and aliases there is but one here.
    fn function_at(&self, arn: Option<&str>) -> Result<String, String> {
        let arn = arn.ok_or("it names no function")?;
        let is_meant = |function: &&Resource<'_>| {
            let names = self.resolver.resources.get(function.id);
            let behind = names.and_then(|names| arn.strip_prefix(names.attributes.get("Arn")?.as_str()));
            behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(':'))
        };
        let function = self.of_kind(functions::KIND).find(is_meant);
        let function = function.ok_or_else(|| format!("{arn} is not a function of this template"))?;
        Ok(function.id.to_owned())
    }
}

impl Resource<'_> {
    fn property(&self, name: &str) -> Option<&Value> {
        self.body.get("Properties")?.get(name)
    }

    /// Whether it is of a kind that does not run here and could be missed.
    fn is_elsewhere(&self) -> bool {
        let runs_here = [functions::KIND, tables::KIND, tables::SIMPLE, serverless_api::KIND].contains(&self.kind)
            || self.kind.starts_with(gateway_resources::KINDS);
        !runs_here && !elsewhere::has_no_effect(self.kind)
    }

    /// What others may call it: the name that the template gives it, else its logical id.
    fn names(&self, resolver: &Resolver) -> Result<ResourceNames, String> {
        let named = |property: &str| match self.property(property) {
            Some(name) => resolver.text(name).map_err(|error| format!("{}, property {property}: {error}", self.id)),
            None => Ok(self.id.to_owned()),
        };
        let arn = |arn: String| BTreeMap::from([("Arn", arn)]);
        Ok(match self.kind {
            functions::KIND => {
                let name = named("FunctionName")?;
                let attributes = arn(format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"));
                ResourceNames { reference: name, attributes, elsewhere: None }
            }
            tables::KIND | tables::SIMPLE => {
                let name = named("TableName")?;
                let attributes = arn(format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"));
                ResourceNames { reference: name, attributes, elsewhere: None }
            }
            gateway_resources::STAGE => ResourceNames { reference: named("StageName")?, ..ResourceNames::default() },
            _ if self.is_websocket_api(resolver) => ResourceNames {
                reference: api::ID.to_owned(),
                attributes: BTreeMap::from([
                    ("ApiEndpoint", format!("wss://{}.execute-api.{REGION}.amazonaws.com", api::ID)),
                    ("ApiId", api::ID.to_owned()),
                    ("Arn", format!("arn:aws:apigateway:{REGION}::/apis/{}", api::ID)),
                ]),
                elsewhere: None,
            },
            _ => ResourceNames {
                reference: self.id.to_owned(),
                attributes: arn(format!("arn:aws:local:{REGION}:{ACCOUNT}:{}", self.id)),
                elsewhere: self.is_elsewhere().then(|| self.kind.to_owned()),
            },
        })
    }

    /// Whether it is an API of the kind that runs here.
    fn is_websocket_api(&self, resolver: &Resolver) -> bool {
        let protocol = || resolver.text(self.property("ProtocolType")?).ok();
        match self.kind {
            serverless_api::KIND => true,
            gateway_resources::API => protocol().as_deref() == Some("WEBSOCKET"),
            _ => false,
        }
    }

    /// Logical ids of the resources that SAM makes of this one and that others may refer to.
    fn generated(&self) -> Vec<String> {
        let routes = self.property("Routes").and_then(Value::as_object).filter(|_| self.kind == serverless_api::KIND);
        routes.into_iter().flatten().map(|(key, _)| serverless_api::route_id(self.id, key)).collect()
    }
}

fn section<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    document.get(name).and_then(Value::as_object).into_iter().flatten()
}

/// The values of all parameters: those that are given, and the defaults. One that has neither is empty here; on AWS the
/// person who deploys is asked for it.
fn parameters(document: &Value, given: &Parameters) -> Result<BTreeMap<String, Value>, String> {
    let declared: BTreeMap<_, _> = section(document, "Parameters").collect();
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(name)) {
        return Err(format!("there is no parameter {unknown}"));
    }
    let value = |name: &String, parameter: &Value| {
        let given = given.get(name).map(|value| value.clone().into());
        let value = given.or_else(|| parameter.get("Default").cloned()).unwrap_or_else(|| "".into());
        match (parameter.get("Type").and_then(Value::as_str), &value) {
            (Some("CommaDelimitedList"), Value::String(list)) => list.split(',').map(str::trim).collect(),
            (Some("Number"), Value::String(number)) => serde_json::from_str(number).unwrap_or(value),
            _ => value,
        }
    };
    Ok(declared.into_iter().map(|(name, parameter)| (name.clone(), value(name, parameter))).collect())
}

#[cfg(test)]
mod tests;
