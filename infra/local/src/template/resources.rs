//! The resources of a template, with their properties resolved.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::section;
use super::intrinsics::{Resolver, ResourceNames};
use super::parameters::{self, Parameters};
use super::{api, kinds};
use crate::arn::{self, ACCOUNT, REGION};

/// The resources of a template whose conditions hold, and what is needed to resolve their properties.
pub(super) struct Resources<'a> {
    pub declared: Vec<Resource<'a>>,
    pub resolver: Resolver,
}

pub(super) struct Resource<'a> {
    pub id: &'a str,
    pub kind: &'a str,
    pub body: &'a Map<String, Value>,
}

impl<'a> Resources<'a> {
    pub fn of(document: &'a Value, given: &Parameters) -> Result<Self, String> {
        let mut resolver = Resolver {
            parameters: parameters::values(document, given)?,
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

    pub fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Resource<'a>> {
        self.declared.iter().filter(move |resource| resource.kind == kind)
    }

    /// A property with every function in it resolved; `None` where it is absent.
    pub fn property(&self, resource: &Resource<'_>, name: &str) -> Result<Option<Value>, String> {
        let Some(value) = resource.property(name) else { return Ok(None) };
        let value =
            self.resolver.resolve(value).map_err(|error| format!("{}, property {name}: {error}", resource.id))?;
        Ok((!value.is_null()).then_some(value))
    }

    /// A property as text; `None` where it is absent.
    pub fn text(&self, resource: &Resource<'_>, name: &str) -> Result<Option<String>, String> {
        let Some(value) = resource.property(name) else { return Ok(None) };
        let text = self.resolver.text(value).map_err(|error| format!("{}, property {name}: {error}", resource.id))?;
        Ok((!text.is_empty()).then_some(text))
    }

    /// The result of `Ref` of a resource.
    pub fn reference(&self, resource: &Resource<'_>) -> String {
        self.resolver.resources.get(resource.id).map(|names| names.reference.clone()).unwrap_or_default()
    }

    /// The resource of this kind that `Ref` gives this name.
    pub fn named(&self, kind: &'static str, name: &str) -> Option<&Resource<'a>> {
        self.of_kind(kind).find(|resource| self.reference(resource) == name)
    }

    /// The logical id of the function that an ARN names. Of its versions and aliases there is but one here.
    pub fn function_at(&self, arn: Option<&str>) -> Result<String, String> {
        let arn = arn.ok_or("it names no function")?;
        let is_meant = |function: &&Resource<'_>| {
            let names = self.resolver.resources.get(function.id);
            let behind = names.and_then(|names| arn.strip_prefix(names.attributes.get("Arn")?.as_str()));
            behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(':'))
        };
        let function = self.of_kind(kinds::FUNCTION).find(is_meant);
        let function = function.ok_or_else(|| format!("{arn} is not a function of this template"))?;
        Ok(function.id.to_owned())
    }
}

impl Resource<'_> {
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.body.get("Properties")?.get(name)
    }

    /// Whether it is of a kind that does not run here and has an effect.
    pub fn is_elsewhere(&self) -> bool {
        !kinds::runs_here(self.kind) && !kinds::has_no_effect(self.kind)
    }

    /// Its name: the template's, else its logical id.
    fn names(&self, resolver: &Resolver) -> Result<ResourceNames, String> {
        let named = |property: &str| match self.property(property) {
            Some(name) => resolver.text(name).map_err(|error| format!("{}, property {property}: {error}", self.id)),
            None => Ok(self.id.to_owned()),
        };
        let attributes = |arn: String| BTreeMap::from([("Arn", arn)]);
        Ok(match self.kind {
            kinds::FUNCTION => {
                let name = named("FunctionName")?;
                let attributes = attributes(arn::function(&name));
                ResourceNames { reference: name, attributes, elsewhere: None }
            }
            kinds::TABLE | kinds::SIMPLE_TABLE => {
                let name = named("TableName")?;
                let attributes = attributes(arn::table(&name));
                ResourceNames { reference: name, attributes, elsewhere: None }
            }
            kinds::STAGE => ResourceNames { reference: named("StageName")?, ..ResourceNames::default() },
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
                attributes: attributes(format!("arn:aws:local:{REGION}:{ACCOUNT}:{}", self.id)),
                elsewhere: self.is_elsewhere().then(|| self.kind.to_owned()),
            },
        })
    }

    /// Whether it is an API of the kind that runs here.
    pub fn is_websocket_api(&self, resolver: &Resolver) -> bool {
        let protocol = || resolver.text(self.property("ProtocolType")?).ok();
        match self.kind {
            kinds::SERVERLESS_API => true,
            kinds::API => protocol().as_deref() == Some("WEBSOCKET"),
            _ => false,
        }
    }

    /// Logical ids of the resources that SAM makes of this one and that others may refer to.
    fn generated(&self) -> Vec<String> {
        let routes = self.property("Routes").and_then(Value::as_object).filter(|_| self.kind == kinds::SERVERLESS_API);
        routes.into_iter().flatten().map(|(key, _)| route_id(self.id, key)).collect()
    }
}

/// The logical id that SAM gives the resource it makes of a route, by which other resources may refer to it.
pub(super) fn route_id(api: &str, key: &str) -> String {
    let name = key.trim_start_matches('$').to_lowercase();
    let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
    format!("{api}{}{rest}Route", first.to_uppercase())
}
