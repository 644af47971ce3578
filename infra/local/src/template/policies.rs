//! `Policies` of a function: its permissions on AWS. They are not enforced here.

use serde_json::Value;

use super::resources::{Resource, Resources};
use crate::permissions::Permission;

/// A function's permissions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// The permissions of inline policies.
    pub allowed: Vec<Permission>,
    /// Other policies, such as managed ones, each with the reason why it is not read.
    pub unread: Vec<String>,
}

pub(super) fn read(resources: &Resources<'_>, function: &Resource<'_>) -> Policy {
    let mut policy = Policy::default();
    for document in items(function.property("Policies")) {
        let document = resources.resolver.resolve(document);
        match document.and_then(|document| allowed(&document)) {
            Ok(allowed) => policy.allowed.extend(allowed),
            Err(reason) => policy.unread.push(reason),
        }
    }
    policy
}

fn allowed(document: &Value) -> Result<Vec<Permission>, String> {
    // `AWS::NoValue`.
    if document.is_null() {
        return Ok(Vec::new());
    }
    let statements = document.get("Statement").ok_or_else(|| format!("{document} is not a policy's document"))?;
    let mut allowed = Vec::new();
    for statement in items(Some(statements)) {
        let texts = |name: &str| items(statement.get(name)).iter().filter_map(Value::as_str).collect::<Vec<_>>();
        let (actions, concerned) = (texts("Action"), texts("Resource"));
        if statement["Effect"] != "Allow" || actions.is_empty() || concerned.is_empty() {
            return Err(format!("{statement} does not allow an Action on a Resource"));
        }
        for action in actions {
            allowed.extend(
                concerned
                    .iter()
                    .map(|&resource| Permission { action: action.to_owned(), resource: resource.to_owned() }),
            );
        }
    }
    Ok(allowed)
}

/// The items of a list, which may be a single value.
fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        Some(item) => std::slice::from_ref(item),
        None => &[],
    }
}
