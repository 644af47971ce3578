//! The IAM permissions that a call needs on AWS: an action on a resource.

use std::collections::BTreeMap;

use http::Method;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::arn;

/// An action on a resource, as a call needs it or a policy allows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Permission {
    /// The action, such as `dynamodb:Query`. In a policy, `*` may stand for any part of it.
    pub action: String,
    /// The ARN of the resource. In a policy, `*` may stand for any part of it.
    pub resource: String,
}

impl Permission {
    /// Whether this permission of a policy covers the needed one.
    pub fn covers(&self, needed: &Self) -> bool {
        // Actions are the same in capital and small letters, resources are not.
        matches(&self.action.to_ascii_lowercase(), &needed.action.to_ascii_lowercase())
            && matches(&self.resource, &needed.resource)
    }

    /// The permissions that an operation of DynamoDB needs. None for an invalid request.
    pub(crate) fn of_database_call(operation: &str, request: &[u8]) -> Vec<Self> {
        let DatabaseRequest { table_name, index_name, request_items, transact_items } =
            serde_json::from_slice(request).unwrap_or_default();
        let on = |operation: &str, table: &str| Self {
            action: format!("dynamodb:{operation}"),
            resource: arn::table(table),
        };
        let mut permissions: Vec<_> = request_items.keys().map(|table| on(operation, table)).collect();
        // A transaction has no permission itself: its parts, such as `Put`, need those of the operations `PutItem` …
        let parts = transact_items.iter().flatten();
        permissions.extend(parts.map(|(part, target)| on(&format!("{part}Item"), &target.table_name)));
        permissions.extend(table_name.map(|table| match index_name {
            Some(index) => on(operation, &format!("{table}/index/{index}")),
            None => on(operation, &table),
        }));
        permissions.sort();
        permissions.dedup();
        permissions
    }

    /// The permission that a request at `@connections` needs, for any connection, since policies cannot name one.
    pub(crate) fn of_management(api: &str, stage: &str, method: &Method) -> Self {
        Self {
            action: "execute-api:ManageConnections".to_owned(),
            resource: arn::execute_api(api, stage, &format!("{method}/@connections/*")),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DatabaseRequest {
    table_name: Option<String>,
    index_name: Option<String>,
    request_items: BTreeMap<String, IgnoredAny>,
    transact_items: Vec<BTreeMap<String, Target>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    table_name: String,
}

/// Whether a text matches a pattern, in which `*` matches anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((beginning, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(beginning) else { return false };
    (0..=text.len()).filter_map(|at| text.get(at..)).any(|behind| matches(rest, behind))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn needed(operation: &str, request: Value) -> Vec<String> {
        let permissions = Permission::of_database_call(operation, request.to_string().as_bytes());
        let table = arn::table("");
        permissions.iter().map(|needed| format!("{} {}", needed.action, needed.resource.replace(&table, ""))).collect()
    }

    #[test]
    fn an_operation_needs_its_own_permission_on_the_table_or_the_index() {
        assert_eq!(needed("GetItem", json!({"TableName": "T", "Key": {}})), ["dynamodb:GetItem T"]);
        assert_eq!(needed("Query", json!({"TableName": "T", "IndexName": "i"})), ["dynamodb:Query T/index/i"]);
        let batch = json!({"RequestItems": {"A": [], "B": {"Keys": []}}});
        assert_eq!(needed("BatchGetItem", batch), ["dynamodb:BatchGetItem A", "dynamodb:BatchGetItem B"]);
    }

    #[test]
    fn a_transaction_needs_the_permissions_of_its_parts() {
        let parts = ["Put", "Update", "ConditionCheck", "Put"].map(|part| json!({part: {"TableName": "T"}}));
        assert_eq!(
            needed("TransactWriteItems", json!({"TransactItems": parts})),
            ["dynamodb:ConditionCheckItem T", "dynamodb:PutItem T", "dynamodb:UpdateItem T"]
        );
    }

    #[test]
    fn a_policy_covers_what_its_patterns_say() {
        let permission =
            |(action, resource): (&str, &str)| Permission { action: action.into(), resource: resource.into() };
        for (policy, call, covers) in [
            (("dynamodb:Query", "t/T"), ("dynamodb:Query", "t/T"), true),
            (("DynamoDB:query", "t/T"), ("dynamodb:Query", "t/T"), true),
            (("dynamodb:*", "t/T"), ("dynamodb:Query", "t/T"), true),
            (("dynamodb:*Item", "*"), ("dynamodb:PutItem", "t/T"), true),
            (("dynamodb:*Item", "*"), ("dynamodb:Query", "t/T"), false),
            (("dynamodb:Query", "t/T"), ("dynamodb:Query", "t/T/index/i"), false),
            (("dynamodb:Query", "t/T/index/*"), ("dynamodb:Query", "t/T/index/i"), true),
            (("dynamodb:Query", "t/t"), ("dynamodb:Query", "t/T"), false),
        ] {
            assert_eq!(permission(policy).covers(&permission(call)), covers, "{policy:?} {call:?}");
        }
    }
}
