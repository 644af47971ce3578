//! The role of a function that a schedule invokes.

use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;

use crate::database::Database;

/// Stores the event and returns it.
pub async fn store(database: &Database, event: LambdaEvent<Value>) -> Result<Value, Error> {
    database.put_event(&event.context.request_id, &event.payload).await?;
    Ok(event.payload)
}
