//! `AWS::Serverless::Function`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::asynchronous::{self, Asynchronous};
use super::function_url::{self, FunctionUrl};
use super::kinds::FUNCTION;
use super::logging::{self, Logging};
use super::policies::{self, Policy};
use super::resources::Resources;
use super::schedules::{self, Schedule};

/// A function as the template declares it, with what it takes from `Globals`.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its logical id.
    pub id: String,
    /// Its name, which is the logical id unless the template says otherwise.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The binary that `Metadata.BuildProperties.Binary` names.
    pub binary: Option<String>,
    /// `CodeUri`, where it is a path: seen from the template.
    pub code: Option<PathBuf>,
    /// `Handler`, which a function in Rust finds in the variable `_HANDLER` and is free to use.
    pub handler: String,
    /// `Runtime`, such as `provided.al2023`.
    pub runtime: Option<String>,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    /// Variables whose value cannot be known here, each with the reason.
    pub unknown_variables: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// Its memory in MB.
    pub memory: u64,
    /// Its reserved concurrency, if any.
    pub reserved_concurrency: Option<usize>,
    /// How it logs.
    pub logging: Logging,
    /// How asynchronous events are retried.
    pub asynchronous: Asynchronous,
    /// Its permissions on AWS.
    pub policy: Policy,
    /// Its own address, if it has one.
    pub url: Option<FunctionUrl>,
    /// Its schedules.
    pub schedules: Vec<Schedule>,
}

pub(super) fn read(document: &Value, resources: &Resources<'_>) -> Result<Vec<Function>, String> {
    let globals = document.pointer("/Globals/Function");
    let mut functions = Vec::new();
    for resource in resources.of_kind(FUNCTION) {
        let resolve = |name: &str, value: &Value| {
            resources.resolver.resolve(value).map_err(|error| format!("{}, property {name}: {error}", resource.id))
        };
        let setting = |name: &str| match resource.property(name).or_else(|| globals?.get(name)) {
            // `AWS::NoValue` counts as absent.
            Some(value) => resolve(name, value).map(|value| Some(value).filter(|value| !value.is_null())),
            None => Ok(None),
        };
        let text = |name: &str| Ok::<_, String>(setting(name)?.and_then(|value| value.as_str().map(str::to_owned)));
        let number = |name: &str, range: RangeInclusive<u64>| {
            let Some(value) = setting(name)? else { return Ok(None) };
            // A parameter of type Number may have its default written as a text.
            let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
            let number = number.filter(|number| range.contains(number));
            let complaint =
                || format!("{}: {name} must be a number from {} to {}", resource.id, range.start(), range.end());
            number.ok_or_else(complaint).map(Some)
        };

        let (mut environment, mut unknown_variables) = (BTreeMap::new(), BTreeMap::new());
        for declared in [globals.and_then(|globals| globals.get("Environment")), resource.property("Environment")]
            .into_iter()
            .flatten()
        {
            let variables = declared.get("Variables").and_then(Value::as_object);
            for (name, value) in variables.into_iter().flatten() {
                // The developer may give a value where the template's cannot be known.
                let text = resources.resolver.text(value).unwrap_or_else(|error| {
                    unknown_variables.insert(name.clone(), error);
                    String::new()
                });
                environment.insert(name.clone(), text);
            }
        }

        let mut names = resources.resolver.resources.get(resource.id).cloned().unwrap_or_default();
        let binary = resource.body.get("Metadata").and_then(|metadata| metadata.pointer("/BuildProperties/Binary"));
        functions.push(Function {
            id: resource.id.to_owned(),
            logging: logging::read(&setting("LoggingConfig")?.unwrap_or_default(), &names.reference),
            name: names.reference,
            arn: names.attributes.remove("Arn").unwrap_or_default(),
            binary: binary.and_then(Value::as_str).map(str::to_owned),
            code: text("CodeUri")?.map(PathBuf::from),
            handler: text("Handler")?.unwrap_or_else(|| "bootstrap".to_owned()),
            runtime: text("Runtime")?,
            environment,
            unknown_variables,
            timeout: Duration::from_secs(number("Timeout", 1..=900)?.unwrap_or(3)),
            memory: number("MemorySize", 128..=10_240)?.unwrap_or(128),
            reserved_concurrency: number("ReservedConcurrentExecutions", 0..=u64::from(u32::MAX))?
                .map(|number| number as usize),
            asynchronous: asynchronous::read(resources, resource)?,
            policy: policies::read(resources, resource),
            url: function_url::read(resource.id, setting("FunctionUrlConfig")?)?,
            schedules: schedules::read(resources, resource)?,
        });
    }
    Ok(functions)
}
