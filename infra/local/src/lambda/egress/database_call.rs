//! Forwards and meters calls to the database.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::Call;
use crate::events::{Event, Excerpt, Invocation};
use crate::lambda::upstreams::{MAX_REQUEST_BYTES, Upstreams};
use crate::permissions::Permission;

/// The request field that asks for consumed units.
const ASK: &str = "ReturnConsumedCapacity";

/// The response field with the consumed units.
const CAPACITY_FIELD: &str = "ConsumedCapacity";

/// The operations that read.
const READS: [&str; 5] = ["GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"];

/// The operations that write.
const WRITES: [&str; 5] = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];

/// The checksum header of a response, which is invalid once a field has been removed.
const CHECKSUM: &str = "x-amz-crc32";

/// The header in which an SDK says which attempt a call is: `attempt=2; max=3`.
const ATTEMPT: &str = "amz-sdk-request";

/// Forwards a call to the database, and records it with the units that it consumed. The function gets no field that it did not
/// request.
pub async fn pass_on(
    upstreams: &Upstreams,
    operation: String,
    invocation: Invocation,
    request: Request,
    started: Instant,
) -> Response {
    let (parts, body) = request.into_parts();
    let attempt = attempt(&parts.headers);
    let Ok(asked) = to_bytes(body, MAX_REQUEST_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let asking = with_units_asked_for(&operation, &asked);
    let adds = asking.is_some();
    let response = upstreams.pass_on(Request::from_parts(parts, asking.unwrap_or_else(|| asked.clone()).into())).await;
    let (mut parts, body) = response.into_parts();
    // The database has closed in the middle of a response: the stack is stopping.
    let Ok(mut answer) = to_bytes(body, usize::MAX).await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (read_units, write_units) = match parts.status {
        StatusCode::OK => units(&operation, &answer),
        _ => (0.0, units_of_failure(&asked, &answer)),
    };
    if adds && let Some(without) = without(CAPACITY_FIELD, &answer) {
        answer = without;
        parts.headers.remove(CHECKSUM);
    }
    upstreams.latencies.wait(&Call::Database(operation.clone()), started).await;
    upstreams.journal.record(|| Event::Database {
        invocation,
        permissions: Permission::of_database_call(&operation, &asked),
        operation,
        attempt,
        status: parts.status.as_u16(),
        read_units,
        write_units,
        millis: started.elapsed(),
        asked: Excerpt::of(&asked),
        answer: Excerpt::of(&answer),
    });
    Response::from_parts(parts, answer.into())
}

/// The number of the attempt, counted from 1, where the caller says it.
fn attempt(headers: &HeaderMap) -> Option<u32> {
    let said = headers.get(ATTEMPT)?.to_str().ok()?;
    said.split(';').find_map(|field| field.trim().strip_prefix("attempt="))?.parse().ok()
}

/// The request with the field that asks for consumed units. `None` if it has one, or cannot have one.
fn with_units_asked_for(operation: &str, request: &[u8]) -> Option<Bytes> {
    if !READS.contains(&operation) && !WRITES.contains(&operation) {
        return None;
    }
    let mut fields: BTreeMap<&str, &RawValue> = serde_json::from_slice(request).ok()?;
    let asks = fields.get(ASK).is_some_and(|value| value.get() != r#""NONE""#);
    if asks {
        return None;
    }
    let total: &RawValue = serde_json::from_str(r#""TOTAL""#).ok()?;
    fields.insert(ASK, total);
    serde_json::to_vec(&fields).ok().map(Bytes::from)
}

fn without(field: &str, object: &[u8]) -> Option<Bytes> {
    let mut fields: BTreeMap<&str, &RawValue> = serde_json::from_slice(object).ok()?;
    fields.remove(field)?;
    serde_json::to_vec(&fields).ok().map(Bytes::from)
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    consumed_capacity: Option<Capacities>,
    #[serde(rename = "__type")]
    kind: String,
}

/// Operations on several tables report each one's.
#[derive(Deserialize)]
#[serde(untagged)]
enum Capacities {
    One(Capacity),
    Several(Vec<Capacity>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Capacity {
    capacity_units: f64,
    /// Only transactions report these two.
    read_capacity_units: Option<f64>,
    write_capacity_units: Option<f64>,
}

/// The read and write units of a response.
fn units(operation: &str, answer: &[u8]) -> (f64, f64) {
    let answer: Answer = serde_json::from_slice(answer).unwrap_or_default();
    let capacities = match answer.consumed_capacity {
        Some(Capacities::One(capacity)) => vec![capacity],
        Some(Capacities::Several(capacities)) => capacities,
        None => Vec::new(),
    };
    let reads = READS.contains(&operation);
    let units = |capacity: &Capacity| match (capacity.read_capacity_units, capacity.write_capacity_units) {
        (None, None) if reads => (capacity.capacity_units, 0.0),
        (None, None) => (0.0, capacity.capacity_units),
        (read, write) => (read.unwrap_or(0.0), write.unwrap_or(0.0)),
    };
    capacities.iter().map(units).fold((0.0, 0.0), |sum, units| (sum.0 + units.0, sum.1 + units.1))
}

/// The write units of a write whose condition failed: AWS charges by the size of the existing item, which is not reported. This
/// is the minimum.
fn units_of_failure(request: &[u8], answer: &[u8]) -> f64 {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Asked<'a> {
        #[serde(borrow)]
        transact_items: Vec<&'a RawValue>,
    }
    let answer: Answer = serde_json::from_slice(answer).unwrap_or_default();
    if answer.kind.ends_with("#ConditionalCheckFailedException") {
        1.0
    } else if answer.kind.ends_with("#TransactionCanceledException") {
        let asked: Asked<'_> = serde_json::from_slice(request).unwrap_or_default();
        2.0 * asked.transact_items.len() as f64
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn asked(operation: &str, request: Value) -> Option<Value> {
        with_units_asked_for(operation, request.to_string().as_bytes())
            .map(|request| serde_json::from_slice(&request).unwrap())
    }

    #[test]
    fn units_are_requested_where_the_function_does_not_request_them() {
        let expected = Some(json!({"TableName": "T", ASK: "TOTAL"}));
        assert_eq!(asked("Query", json!({"TableName": "T"})), expected);
        assert_eq!(asked("Query", json!({"TableName": "T", ASK: "NONE"})), expected);
        assert_eq!(asked("Query", json!({"TableName": "T", ASK: "INDEXES"})), None);
        assert_eq!(asked("DescribeTable", json!({"TableName": "T"})), None);
        assert_eq!(with_units_asked_for("Query", b"not JSON"), None);
    }

    #[test]
    fn a_retry_is_known_by_its_attempt() {
        let attempt = |said: &'static str| {
            super::attempt(&HeaderMap::from_iter([(ATTEMPT.parse().unwrap(), said.parse().unwrap())]))
        };
        assert_eq!(attempt("attempt=1; max=3"), Some(1));
        assert_eq!(attempt("ttl=20261128T220501Z; attempt=2; max=3"), Some(2));
        assert_eq!(attempt("attempt=many"), None);
        assert_eq!(super::attempt(&HeaderMap::new()), None);
    }

    #[test]
    fn the_units_of_all_tables_are_added_up() {
        let one = json!({"Item": {}, CAPACITY_FIELD: {"TableName": "T", "CapacityUnits": 0.5}}).to_string();
        assert_eq!(units("GetItem", one.as_bytes()), (0.5, 0.0));
        let several = json!({CAPACITY_FIELD: [
            {"TableName": "A", "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0},
            {"TableName": "B", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0},
        ]})
        .to_string();
        assert_eq!(units("TransactWriteItems", several.as_bytes()), (2.0, 4.0));
        assert_eq!(units("PutItem", b"{}"), (0.0, 0.0));
    }

    #[test]
    fn a_write_whose_condition_failed_is_charged_for() {
        let failed = |kind: &str| json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}")}).to_string();
        let transaction = json!({"TransactItems": [{"Put": {}}, {"Update": {}}]}).to_string();
        assert_eq!(units_of_failure(b"{}", failed("ConditionalCheckFailedException").as_bytes()), 1.0);
        assert_eq!(units_of_failure(transaction.as_bytes(), failed("TransactionCanceledException").as_bytes()), 4.0);
        assert_eq!(units_of_failure(b"{}", failed("ValidationException").as_bytes()), 0.0);
    }
}
