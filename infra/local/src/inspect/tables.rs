//! Tables by key, a page at a time.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::inspected::Inspected;
use crate::template::Table;

/// Items per page.
const PAGE: usize = 50;

/// `GET /local/tables` → the tables with their keys.
pub async fn list(State(inspected): State<Arc<Inspected>>) -> Json<Value> {
    let table = |table: &Table| json!({ "name": table.name, "keys": keys(table) });
    Json(inspected.tables.iter().map(table).collect())
}

/// The query. Keys are texts, numbers or base64, by the table's key types.
#[derive(Debug, Deserialize)]
pub struct TableQuery {
    /// The partition key; without it, the table is scanned.
    #[serde(default)]
    partition: String,
    /// The prefix of the sort key.
    #[serde(default)]
    sort: String,
    /// The `next` of the page before, as JSON.
    #[serde(default)]
    from: String,
}

/// `GET /local/tables/{name}?partition=USER%23alice&sort=CONV` → `{"items": […], "next": …}`, as DynamoDB writes them.
pub async fn browse(
    State(inspected): State<Arc<Inspected>>,
    Path(name): Path<String>,
    Query(wanted): Query<TableQuery>,
) -> Response {
    let Some(table) = inspected.tables.iter().find(|table| table.name == name) else {
        return refuse(StatusCode::NOT_FOUND, &format!("There is no table {name}."));
    };
    let (operation, request) = request(table, &wanted);
    let asked = inspected
        .client
        .post(&inspected.database_url)
        .header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"))
        .header("Content-Type", "application/x-amz-json-1.0")
        .header("X-Amz-Date", "20260101T000000Z")
        // The database checks its form, not its signature.
        .header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        )
        .body(request.to_string());
    let answer = async { asked.send().await?.json::<Value>().await };
    match answer.await {
        Ok(answer) if answer.get("Items").is_some() => {
            Json(json!({ "items": answer.get("Items"), "next": answer.get("LastEvaluatedKey") })).into_response()
        }
        Ok(answer) => {
            let message = answer.get("message").or(answer.get("Message")).and_then(Value::as_str);
            refuse(StatusCode::BAD_REQUEST, message.unwrap_or("The database refused this."))
        }
        Err(_) => refuse(StatusCode::BAD_GATEWAY, "The database does not answer."),
    }
}

fn request(table: &Table, wanted: &TableQuery) -> (&'static str, Value) {
    let mut request = Map::from_iter([
        ("TableName".to_owned(), table.name.as_str().into()),
        ("Limit".to_owned(), PAGE.into()),
        ("ExclusiveStartKey".to_owned(), serde_json::from_str(&wanted.from).unwrap_or_default()),
    ]);
    request.retain(|_, value| !value.is_null());
    let keys = keys(table);
    let [partition, sort] = ["partition", "sort"].map(|role| keys.get(role).unwrap_or(&Value::Null));
    let typed = |key: &Value, value: &str| json!({ key["type"].as_str().unwrap_or("S"): value });
    if wanted.partition.is_empty() {
        return ("Scan", request.into());
    }
    let mut condition = "#p = :p".to_owned();
    let mut names = json!({ "#p": partition["name"] });
    let mut values = json!({ ":p": typed(partition, &wanted.partition) });
    if !wanted.sort.is_empty() && sort.is_object() {
        // Numbers have no prefix.
        condition += if sort["type"] == "N" { " AND #s = :s" } else { " AND begins_with(#s, :s)" };
        names["#s"] = sort["name"].clone();
        values[":s"] = typed(sort, &wanted.sort);
    }
    request.insert("KeyConditionExpression".to_owned(), condition.into());
    request.insert("ExpressionAttributeNames".to_owned(), names);
    request.insert("ExpressionAttributeValues".to_owned(), values);
    ("Query", request.into())
}

/// `{"partition": {"name": "pk", "type": "S"}, "sort": …}`.
fn keys(table: &Table) -> Value {
    let list = |name: &str| table.definition.get(name).and_then(Value::as_array).into_iter().flatten();
    let key = |element: &Value| {
        let name = element.get("AttributeName")?;
        let attribute = list("AttributeDefinitions").find(|attribute| attribute.get("AttributeName") == Some(name));
        let role = if element.get("KeyType")? == "HASH" { "partition" } else { "sort" };
        Some((role.to_owned(), json!({ "name": name, "type": attribute?.get("AttributeType")? })))
    };
    list("KeySchema").filter_map(key).collect::<Map<_, _>>().into()
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}
