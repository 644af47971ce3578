//! `AWS::DynamoDB::Table` and `AWS::Serverless::SimpleTable`.

use serde_json::{Map, Value, json};

use super::kinds::{SIMPLE_TABLE, TABLE};
use super::resources::{Resource, Resources};

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
    for resource in &resources.declared {
        match resource.kind {
            TABLE => tables.push(table(resources, resource)?),
            SIMPLE_TABLE => tables.push(simple_table(resources, resource)?),
            _ => {}
        }
    }
    Ok(tables)
}

fn table(resources: &Resources<'_>, resource: &Resource<'_>) -> Result<Table, String> {
    let name = resources.reference(resource);
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
    Ok(Table {
        name,
        definition: definition.into(),
        time_to_live: time_to_live
            .filter(|_| enabled)
            .and_then(|ttl| Some(ttl.get("AttributeName")?.as_str()?.to_owned())),
    })
}

/// SAM's short form: one key, which is a text named `id` unless the template says otherwise.
fn simple_table(resources: &Resources<'_>, resource: &Resource<'_>) -> Result<Table, String> {
    let name = resources.reference(resource);
    let key = resources.property(resource, "PrimaryKey")?.unwrap_or_else(|| json!({"Name": "id", "Type": "String"}));
    let (attribute, kind) = (&key["Name"], &key["Type"]);
    let kind = match kind.as_str() {
        Some("String") => "S",
        Some("Number") => "N",
        Some("Binary") => "B",
        _ => return Err(format!("{}: the Type of PrimaryKey must be String, Number or Binary", resource.id)),
    };
    let definition = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": attribute, "AttributeType": kind}],
        "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
    });
    Ok(Table { name, definition, time_to_live: None })
}
