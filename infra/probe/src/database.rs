//! DynamoDB, through the unmodified SDK. No retries, so that each response is seen.

use std::collections::HashMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConsumedCapacity, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use lambda_runtime::Error;
use serde_json::{Value, json};

/// Timeout of a call. The local stack drops some responses on purpose.
const TIMEOUT: Duration = Duration::from_secs(1);

type Item = HashMap<String, AttributeValue>;

/// The table.
#[derive(Clone, Debug)]
pub struct Database {
    client: Client,
    table: String,
}

impl Database {
    /// The table of this name.
    pub fn new(config: &SdkConfig, table: &str) -> Self {
        let limits = TimeoutConfig::builder().operation_attempt_timeout(TIMEOUT).build();
        let config = Builder::from(config).retry_config(RetryConfig::disabled()).timeout_config(limits).build();
        Self { client: Client::from_conf(config), table: table.to_owned() }
    }

    /// Stores a scheduled event.
    pub async fn put_event(&self, request_id: &str, event: &Value) -> Result<(), Error> {
        let mut item = item(&format!("tick {request_id}"), 0);
        item.insert("event".to_owned(), AttributeValue::S(event.to_string()));
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }

    /// Writes an item of `bytes` beside its key. Returns the outcome and the consumed capacity.
    pub async fn put(&self, key: &str, bytes: usize) -> Value {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item(key, bytes)));
        match put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await {
            Ok(output) => json!({ "outcome": "stored", "units": units(output.consumed_capacity.as_slice()) }),
            Err(error) => json!({ "outcome": code(&error) }),
        }
    }

    /// Writes several items in one transaction. Returns the outcome and the consumed capacity.
    pub async fn put_together(&self, keys: &[String], bytes: usize) -> Value {
        let puts = keys.iter().map(|key| {
            let put = Put::builder().table_name(&self.table).set_item(Some(item(key, bytes))).build();
            put.map(|put| TransactWriteItem::builder().put(put).build())
        });
        let Ok(puts) = puts.collect() else { return json!({ "outcome": "not a request" }) };
        let write = self.client.transact_write_items().set_transact_items(Some(puts));
        let write = write.return_consumed_capacity(ReturnConsumedCapacity::Total).customize();
        // It may have 4 MB.
        let limits = TimeoutConfig::builder().operation_attempt_timeout(8 * TIMEOUT).build();
        match write.config_override(Builder::new().timeout_config(limits)).send().await {
            Ok(output) => json!({ "outcome": "stored", "units": units(&output.consumed_capacity.unwrap_or_default()) }),
            Err(SdkError::ServiceError(error)) => match error.err() {
                TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                    let reasons = cancelled.cancellation_reasons().iter();
                    let codes: Vec<_> = reasons.map(|reason| reason.code().unwrap_or_default()).collect();
                    json!({ "outcome": codes.join(", ") })
                }
                other => json!({ "outcome": other.code() }),
            },
            Err(_) => json!({ "outcome": "unknown" }),
        }
    }

    /// Writes an item unless it exists. Returns the existing one.
    pub async fn claim(&self, key: &str, owner: &str) -> Value {
        let mut item = item(key, 0);
        item.insert("owner".to_owned(), AttributeValue::S(owner.to_owned()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)");
        match put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld).send().await {
            Ok(_) => json!({ "outcome": "stored" }),
            Err(SdkError::ServiceError(error)) => {
                let found = match error.err() {
                    aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed) => {
                        failed.item().and_then(|item| item.get("owner")?.as_s().ok())
                    }
                    _ => None,
                };
                json!({ "outcome": error.err().code(), "owner": found })
            }
            Err(_) => json!({ "outcome": "unknown" }),
        }
    }

    /// Reads an item. Returns the consumed capacity.
    pub async fn get(&self, key: &str, consistently: bool) -> Value {
        let key = HashMap::from([("pk".to_owned(), AttributeValue::S(key.to_owned()))]);
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(consistently);
        match get.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await {
            Ok(output) => {
                let count = output.item.as_ref().and_then(|item| item.get("count")?.as_n().ok()).cloned();
                let units = units(output.consumed_capacity.as_slice());
                json!({ "found": output.item.is_some(), "count": count, "units": units })
            }
            Err(error) => json!({ "outcome": code(&error) }),
        }
    }

    /// Increments a counter.
    pub async fn count(&self, key: &str) -> Result<(), Error> {
        let key = HashMap::from([("pk".to_owned(), AttributeValue::S(key.to_owned()))]);
        let update = self.client.update_item().table_name(&self.table).set_key(Some(key));
        let update = update.update_expression("ADD #count :one").expression_attribute_names("#count", "count");
        update.expression_attribute_values(":one", AttributeValue::N("1".to_owned())).send().await?;
        Ok(())
    }
}

fn item(key: &str, bytes: usize) -> Item {
    let mut item = Item::from([("pk".to_owned(), AttributeValue::S(key.to_owned()))]);
    if bytes > 0 {
        item.insert("filling".to_owned(), AttributeValue::S("x".repeat(bytes)));
    }
    item
}

fn units(consumed: &[ConsumedCapacity]) -> f64 {
    consumed.iter().filter_map(|capacity| capacity.capacity_units).sum()
}

fn code(error: &impl ProvideErrorMetadata) -> String {
    error.code().unwrap_or("unknown").to_owned()
}
