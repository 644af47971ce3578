//! `AWS::DynamoDB::Table`.

use serde_json::{Map, Value};

use super::Resources;

pub(super) const KIND: &str = "AWS::DynamoDB::Table";

/// Properties that CloudFormation and `CreateTable` share.
const SHARED: [&str; 6] = [
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
];

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The `CreateTable` request that makes it.
    pub definition: Value,
    /// The attribute that holds the time at which an item expires.
    pub time_to_live: Option<String>,
}

pub(super) fn read(resources: &Resources<'_>) -> Result<Vec<Table>, String> {
    let mut tables = Vec::new();
    for resource in resources.of_kind(KIND) {
        let name = resources.resolver.resources.get(resource.id).cloned().unwrap_or_default().reference;
        let mut definition = Map::from_iter([("TableName".to_owned(), Value::from(name.clone()))]);
        for property in SHARED {
            if let Some(value) = resources.property(resource, property)? {
                definition.insert(property.to_owned(), value);
            }
        }
        if let Some(mut stream) = resources.property(resource, "StreamSpecification")? {
            // CloudFormation's form has no switch: that it is there turns the stream on.
            stream["StreamEnabled"] = true.into();
            definition.insert("StreamSpecification".to_owned(), stream);
        }
        let time_to_live = resources.property(resource, "TimeToLiveSpecification")?;
        let enabled = time_to_live.as_ref().is_some_and(|ttl| ttl.get("Enabled") != Some(&Value::Bool(false)));
        tables.push(Table {
            name,
            definition: definition.into(),
            time_to_live: time_to_live
                .filter(|_| enabled)
                .and_then(|ttl| Some(ttl.get("AttributeName")?.as_str()?.to_owned())),
        });
    }
    Ok(tables)
}
