//! The meter: exact counts of what AWS would charge for.

use std::time::Duration;

use natter_local::{Turn, Usage};
use serde_json::{Value, json};

use crate::support::{MESSAGE, connect, http, operation, stack, until};

#[tokio::test]
async fn a_post_of_33_kb_counts_as_two_messages() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    client.send(json!({"do": "burst", "count": 1, "padding": 33 * 1024})).await;
    client.text().await;
    until(async || stack.meter().messages_out == 2).await;
    assert_eq!(stack.meter().messages_in, 1);
}

#[tokio::test]
async fn minutes_of_open_connections_are_counted_by_the_stacks_clock() {
    let stack = stack().await;
    let _first = connect(&stack, "token=alice").await;
    let second = connect(&stack, "token=bob").await;
    assert_eq!(stack.meter().connection_minutes, 2);
    stack.advance_clock(Duration::from_secs(90));
    assert_eq!(stack.meter().connection_minutes, 4);
    second.close(None).await;
    stack.advance_clock(Duration::from_secs(60));
    until(async || stack.meter().connection_minutes == 5).await;
}

#[tokio::test]
async fn a_function_is_charged_from_its_first_moment_to_its_next_poll() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    client.id().await;
    stack.settled().await;
    stack.reset_meter();
    client.send(json!({"do": "work after the response", "millis": 100})).await;
    client.json().await;
    client.json().await;
    stack.settled().await;

    let usage = stack.meter();
    let function = &usage.functions[MESSAGE];
    assert_eq!(function.requests, 1);
    assert!(function.billed_millis >= 100, "{function:?}");
    // The template gives it 256 MB, a quarter of a GB.
    assert_eq!(function.gigabyte_seconds(), function.billed_millis as f64 / 4000.0);
}

#[tokio::test]
async fn units_are_those_that_the_database_takes() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let mut ask = async |what: Value| {
        client.send(what).await;
        client.json().await
    };
    ask(json!({"do": "store", "key": "a"})).await;
    ask(json!({"do": "store", "key": "b", "bytes": 1500})).await;
    ask(json!({"do": "store", "key": "c", "transaction": true})).await;
    ask(json!({"do": "read", "key": "b", "consistently": true})).await;
    ask(json!({"do": "read", "key": "b"})).await;
    // Asked by nobody's function, so by nobody who pays.
    operation(&stack, "GetItem", json!({"TableName": "Table", "Key": {"pk": {"S": "a"}}})).await;

    let Usage { database, .. } = stack.meter();
    let units = |name: &str| (database[name].calls, database[name].read_units, database[name].write_units);
    assert_eq!(units("PutItem"), (2, 0.0, 1.0 + 2.0));
    assert_eq!(units("TransactWriteItems"), (1, 0.0, 2.0));
    assert_eq!(units("GetItem"), (2, 1.0 + 0.5, 0.0));
    assert_eq!(database.len(), 3, "{database:?}");
}

#[tokio::test]
async fn units_are_counted_and_hidden_from_a_function_that_does_not_request_them() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    for outcome in ["stored", "ConditionalCheckFailedException"] {
        client.send(json!({"do": "claim", "key": "a", "owner": "alice"})).await;
        assert_eq!(client.json().await["outcome"], outcome);
    }
    // The one that failed is charged for, too.
    assert_eq!((stack.meter().read_units(), stack.meter().write_units()), (0.0, 2.0));
    let journal = http().get(format!("{}/local/journal", stack.http_url())).send().await.unwrap();
    let journal: Value = journal.json().await.unwrap();
    let call = journal["entries"].as_array().unwrap().iter().find(|entry| entry["kind"] == "database").unwrap();
    assert!(!call["asked"]["text"].as_str().unwrap().contains("ReturnConsumedCapacity"), "{call}");
    assert_eq!(call["answer"]["text"], "{}");
}

#[tokio::test]
async fn a_turn_is_an_invocation_that_called_the_model_or_else_a_message() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    client.id().await;
    assert_eq!(stack.meter().turns(), (1, Turn::ClientMessage));
    client.send(json!({"do": "ask", "prompt": "script: {\"tokens\": 1}"})).await;
    client.json().await;
    assert_eq!(stack.meter().turns(), (1, Turn::ModelInvocation));
}

#[tokio::test]
async fn the_bill_can_be_read_and_reset() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    client.id().await;
    let url = format!("{}/local/meter", stack.http_url());
    let meter: Value = http().get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(meter["usage"]["messagesIn"], 1);
    let dollars: f64 =
        meter["bill"]["items"].as_array().unwrap().iter().map(|item| item["dollars"].as_f64().unwrap()).sum();
    // Sums of floating point numbers are equal to a trillionth of a dollar.
    assert!(dollars > 0.0 && (meter["bill"]["dollars"].as_f64().unwrap() - dollars).abs() < 1e-12, "{meter}");
    assert_eq!(meter["bill"]["turns"], 1);

    stack.settled().await;
    assert_eq!(http().post(format!("{url}/reset")).send().await.unwrap().status(), 204);
    assert_eq!((stack.meter().messages_in, stack.meter().messages_out, stack.meter().functions.len()), (0, 0, 0));
}
