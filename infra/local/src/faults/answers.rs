//! How AWS refuses a call, byte for byte as its SDKs read it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use crate::call::Call;

/// An error of AWS that is injected in place of a call's response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectedError {
    /// Posts come too fast: 429.
    TooFast,
    /// The client is gone: 410.
    Gone,
    /// The table's throughput is used up.
    ThroughputExceeded,
    /// The table or the account has too many requests.
    Throttled,
    /// A transaction is under way on the same item.
    Conflict,
}

impl InjectedError {
    /// The answer to `call`, whose body may be needed for it.
    pub fn response(self, call: &Call, body: &Bytes) -> Response {
        match self {
            Self::TooFast => gateway(StatusCode::TOO_MANY_REQUESTS, "LimitExceededException", "Rate exceeded"),
            Self::Gone => gateway(StatusCode::GONE, "GoneException", "Gone"),
            Self::ThroughputExceeded => database(
                "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded.",
                None,
            ),
            Self::Throttled => database(
                "com.amazon.coral.availability#ThrottlingException",
                "Throughput exceeds the current capacity of your table or index.",
                None,
            ),
            Self::Conflict => conflict(call, body),
        }
    }
}

fn conflict(call: &Call, body: &Bytes) -> Response {
    if *call != Call::Database("TransactWriteItems".to_owned()) {
        return database(
            "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "Transaction is ongoing for the item",
            None,
        );
    }
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = request.get("TransactItems").and_then(Value::as_array).map_or(1, Vec::len);
    // Any of its items may be the one that another transaction holds; here it is the last.
    let mut reasons = vec![json!({"Code": "None"}); items.saturating_sub(1)];
    reasons.push(json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}));
    let codes: Vec<_> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    database("com.amazonaws.dynamodb.v20120810#TransactionCanceledException", &message, Some(reasons))
}

fn gateway(status: StatusCode, kind: &'static str, message: &str) -> Response {
    // The AWS SDKs read the kind of an error from this header.
    (status, [("x-amzn-errortype", kind)], Json(json!({"message": message}))).into_response()
}

fn database(kind: &str, message: &str, reasons: Option<Vec<Value>>) -> Response {
    let mut error = json!({"__type": kind, "message": message});
    if let Some(reasons) = reasons {
        // DynamoDB writes the message of this one error with a capital letter.
        error = json!({"__type": kind, "Message": message, "CancellationReasons": reasons});
    }
    let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amzn-requestid", "LOCAL")];
    (StatusCode::BAD_REQUEST, headers, error.to_string()).into_response()
}
