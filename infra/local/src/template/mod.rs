//! What the stack needs to know of a SAM template: its functions, its WebSocket API and its tables.
//!
//! Only the properties used here are resolved, so anything may stand in the rest of the template.

mod api;
mod document;
mod functions;
mod intrinsics;
mod schedules;
mod tables;

use std::path::Path;

use serde_json::{Map, Value};

pub use api::{Api, Authorizer, Route};
pub use functions::Function;
pub use intrinsics::{ACCOUNT, REGION};
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
}

impl Template {
    /// Reads a template file. The error says what is wrong and where.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::parse(&text)
    }

    /// Reads the text of a template, in YAML or JSON.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document = document::parse(text)?;
        let resources = Resources::of(&document)?;
        Ok(Self {
            functions: functions::read(&document, &resources)?,
            api: api::read(&resources)?,
            tables: tables::read(&resources)?,
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
    fn of(document: &'a Value) -> Result<Self, String> {
        let mut resolver = Resolver {
            parameters: section(document, "Parameters")
                .map(|(name, parameter)| (name.clone(), default_of(parameter)))
                .collect(),
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

    /// The logical id of the function that an ARN names.
    fn function_of_arn(&self, arn: &str) -> Option<String> {
        let (id, _) = self.resolver.resources.iter().find(|(_, names)| names.arn == arn)?;
        self.of_kind(functions::KIND).any(|function| function.id == id).then(|| id.clone())
    }
}

impl Resource<'_> {
    fn property(&self, name: &str) -> Option<&Value> {
        self.body.get("Properties")?.get(name)
    }

    /// Physical names: the one that the template gives, else the logical id.
    fn names(&self, resolver: &Resolver) -> Result<ResourceNames, String> {
        let named = |property: &str| match self.property(property) {
            Some(name) => resolver.text(name).map_err(|error| format!("{}, property {property}: {error}", self.id)),
            None => Ok(self.id.to_owned()),
        };
        Ok(match self.kind {
            functions::KIND => {
                let name = named("FunctionName")?;
                ResourceNames { arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"), reference: name }
            }
            tables::KIND => {
                let name = named("TableName")?;
                ResourceNames { arn: format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"), reference: name }
            }
            api::KIND => ResourceNames {
                reference: api::ID.to_owned(),
                arn: format!("arn:aws:apigateway:{REGION}::/apis/{}", api::ID),
            },
            _ => ResourceNames {
                reference: self.id.to_owned(),
                arn: format!("arn:aws:local:{REGION}:{ACCOUNT}:{}", self.id),
            },
        })
    }
}

fn section<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    document.get(name).and_then(Value::as_object).into_iter().flatten()
}

/// A parameter's default. One without is empty here: on AWS the person who deploys is asked for it.
fn default_of(parameter: &Value) -> Value {
    let default = parameter.get("Default").cloned().unwrap_or_else(|| "".into());
    match (parameter.get("Type").and_then(Value::as_str), &default) {
        (Some("CommaDelimitedList"), Value::String(list)) => list.split(',').map(str::trim).collect(),
        _ => default,
    }
}

#[cfg(test)]
mod tests;
