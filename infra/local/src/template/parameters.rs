//! Parameters of a template and their values.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::section;

/// Values of a template's parameters by name, as the user gives them when it is deployed.
pub type Parameters = BTreeMap<String, String>;

/// The values of all parameters: those that are given, and the defaults. One that has neither is empty here; on AWS the
/// user is asked for it.
pub(super) fn values(document: &Value, given: &Parameters) -> Result<BTreeMap<String, Value>, String> {
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
