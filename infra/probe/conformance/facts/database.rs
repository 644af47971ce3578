//! DynamoDB, as far as a durable chat depends on it.

use natter_probe_client::Client;
use serde_json::{Value, json};

use crate::fact::facts;
use crate::platform::Stage;

const KB: usize = 1024;

facts! { Open:
    D an_item_may_have_400_kb;
    D a_transaction_may_have_100_actions;
    D a_transaction_may_have_4_mb;
    D a_transaction_never_has_the_same_item_twice;
    D a_write_costs_a_unit_for_each_kb_and_double_in_a_transaction;
    D a_read_costs_a_unit_for_each_4_kb_and_half_if_it_is_eventually_consistent;
    D a_failed_condition_returns_the_existing_item;
}

/// A client, with a unique key.
async fn client(stage: &Stage) -> (Client, String) {
    let mut client = stage.connect("token=alice").await;
    let key = client.id().await;
    (client, key)
}

/// Unique keys.
fn keys(key: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{key} {number}")).collect()
}

fn together(keys: &[String], bytes: usize) -> Value {
    json!({"do": "store", "transaction": true, "keys": keys, "bytes": bytes})
}

async fn an_item_may_have_400_kb(stage: Stage) {
    let (mut client, key) = client(&stage).await;
    // An item's size is that of its names and values: "pk", the key, "filling", and the rest.
    let most = 400 * KB - "pk".len() - key.len() - "filling".len();
    let stored = client.ask(json!({"do": "store", "key": key, "bytes": most})).await;
    assert_eq!(stored["outcome"], "stored");
    let refused = client.ask(json!({"do": "store", "key": key, "bytes": most + 1})).await;
    assert_eq!(refused["outcome"], "ValidationException");
}

async fn a_transaction_may_have_100_actions(stage: Stage) {
    let (mut client, key) = client(&stage).await;
    assert_eq!(client.ask(together(&keys(&key, 100), 0)).await["outcome"], "stored");
    assert_eq!(client.ask(together(&keys(&key, 101), 0)).await["outcome"], "ValidationException");
}

async fn a_transaction_may_have_4_mb(stage: Stage) {
    let (mut client, key) = client(&stage).await;
    assert_eq!(client.ask(together(&keys(&key, 11), 399 * KB)).await["outcome"], "ValidationException");
}

async fn a_transaction_never_has_the_same_item_twice(stage: Stage) {
    let (mut client, key) = client(&stage).await;
    assert_eq!(client.ask(together(&[key.clone(), key], 0)).await["outcome"], "ValidationException");
}

async fn a_write_costs_a_unit_for_each_kb_and_double_in_a_transaction(stage: Stage) {
    let (mut client, key) = client(&stage).await;
    for (bytes, units) in [(0, 1.0), (1500, 2.0)] {
        let alone = client.ask(json!({"do": "store", "key": format!("{key} {bytes}"), "bytes": bytes})).await;
        assert_eq!(alone["units"], units, "{bytes} bytes");
        let in_transaction = client.ask(together(&keys(&format!("{key} t{bytes}"), 1), bytes)).await;
        assert_eq!(in_transaction["units"], 2.0 * units, "{bytes} bytes");
    }
}

async fn a_read_costs_a_unit_for_each_4_kb_and_half_if_it_is_eventually_consistent(stage: Stage) {
    let (mut client, key) = client(&stage).await;
    client.ask(json!({"do": "store", "key": key, "bytes": 5 * KB})).await;
    for (consistently, units) in [(true, 2.0), (false, 1.0)] {
        let found = client.ask(json!({"do": "read", "key": key, "consistently": consistently})).await;
        assert_eq!(found["units"], units, "consistently: {consistently}");
    }
}

async fn a_failed_condition_returns_the_existing_item(stage: Stage) {
    let (mut client, key) = client(&stage).await;
    let claim = |owner: &str| json!({"do": "claim", "key": key, "owner": owner});
    assert_eq!(client.ask(claim("alice")).await["outcome"], "stored");
    let lost = client.ask(claim("bob")).await;
    assert_eq!(lost, json!({"outcome": "ConditionalCheckFailedException", "owner": "alice"}));
}
