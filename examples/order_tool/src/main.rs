//! A tool that is a Lambda function: it places an order.
//!
//! Its effect is a line in a file, so that it is easy to see how often it acted. A real one would write an item to a table, with the
//! key of the call as the item's key and on the condition that there is none: then it could be called twice and would act once, and its
//! declaration could say `idempotent = true`. This one acts each time, so it must be called once for each key. That is what happens to a
//! tool that is not declared so: a call that may have acted is not made again.

use std::env;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt;

/// What a tool is invoked with. The conversation and the tool's own name come with it, too.
#[derive(Debug, Deserialize)]
struct Call {
    /// What the model wrote, checked against the schema in `tools.toml`.
    arguments: Order,
    /// The same whenever this call is made, and of no other call.
    key: String,
    /// Who is at the other end. The model cannot change it, so this and no argument says whose order it is.
    user: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Order {
    item: String,
    count: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(place_order)).await
}

// What is returned is told to the model; of an error, it is told the type alone.
#[allow(clippy::disallowed_methods, reason = "an example has no environment.rs")]
async fn place_order(event: LambdaEvent<Call>) -> Result<Value, Error> {
    let Call { arguments: order, key, user } = event.payload;
    if let Some(path) = env::var_os("EFFECTS_FILE").filter(|path| !path.is_empty()) {
        let line = format!("{}\n", json!({"key": key, "user": user, "order": order}));
        let mut file = OpenOptions::new().create(true).append(true).open(path).await?;
        file.write_all(line.as_bytes()).await?;
        file.flush().await?;
    }
    Ok(json!({"placed": order}))
}
