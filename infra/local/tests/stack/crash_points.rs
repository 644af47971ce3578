//! Calls are numbered, and a function can be killed right at one of them.

use natter_local::{LocalStack, Moment};
use serde_json::json;

use crate::support::{MESSAGE, connect, http, operation, soon, stack, until};

const STORE: &str = r#"{"do": "store", "key": "k"}"#;

async fn is_stored(stack: &LocalStack) -> bool {
    let get = json!({"TableName": "Table", "Key": {"pk": {"S": "k"}}, "ConsistentRead": true});
    operation(stack, "GetItem", get).await.get("Item").is_some()
}

#[tokio::test]
async fn the_calls_of_a_function_are_listed_in_their_order() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let calls = stack.count_calls(&[MESSAGE]);
    client.send(STORE).await;
    client.json().await;
    stack.settled().await;
    assert_eq!(calls.names(), ["next", "dynamodb PutItem", "post", "response", "next"]);
    client.send(r#"{"do": "ask", "prompt": "script:{\"tokens\": 1}"}"#).await;
    client.json().await;
    stack.settled().await;
    assert_eq!(calls.names()[5..], ["model", "post", "response", "next"]);
}

#[tokio::test]
async fn an_invocation_and_a_call_of_a_server_of_the_test_count_as_well() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    client.send(r#"{"do": "describe"}"#).await;
    let endpoint = client.json().await["environment"]["AWS_ENDPOINT_URL_LAMBDA"].as_str().unwrap().to_owned();
    stack.settled().await;
    let calls = stack.kill_at(&[MESSAGE], 2, Moment::After);
    let url = format!("{endpoint}2015-03-31/functions/TickFunction/invocations");
    let invoke = http().post(url).header("Authorization", "AWS4-HMAC-SHA256 Credential=local");
    assert_eq!(invoke.send().await.unwrap().status(), 200);
    assert_eq!(stack.is_called("TickFunction", "http"), None, "its calls are not counted");
    assert_eq!(stack.is_called(MESSAGE, "http"), Some(Moment::After));
    assert_eq!(calls.names(), ["invoke", "http"]);
}

#[tokio::test]
async fn a_function_killed_before_a_call_has_not_made_it() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let calls = stack.kill_at(&[MESSAGE], 2, Moment::Before);
    client.send(STORE).await;
    assert_eq!(client.json().await["message"], "Internal server error");
    assert_eq!((calls.names().len(), calls.has_killed()), (2, true));
    assert!(!is_stored(&stack).await);
    assert!(stack.environments(MESSAGE).is_empty());
}

#[tokio::test]
async fn a_function_killed_after_a_call_has_made_it_and_never_hears_of_it() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let calls = stack.kill_at(&[MESSAGE], 2, Moment::After);
    client.send(STORE).await;
    assert_eq!(client.json().await["message"], "Internal server error");
    assert!(is_stored(&stack).await);
    client.send(STORE).await;
    assert_eq!(client.json().await["outcome"], "stored", "it is killed once");
    assert_eq!(calls.names()[..3], ["next", "dynamodb PutItem", "next"]);
}

#[tokio::test]
async fn a_function_can_be_killed_at_its_answer_and_when_it_asks_for_work() {
    // The answer takes effect, or it does not; after that, the gateway no longer minds.
    for (number, moment, answered) in
        [(4, Moment::Before, false), (4, Moment::After, true), (5, Moment::Before, true), (1, Moment::Before, false)]
    {
        let stack = stack().await;
        let mut client = connect(&stack, "token=alice").await;
        let calls = stack.kill_at(&[MESSAGE], number, moment);
        client.send(STORE).await;
        if number > 1 {
            assert_eq!(client.json().await["outcome"], "stored");
        }
        soon(until(async || calls.has_killed() && stack.environments(MESSAGE).is_empty())).await;
        if !answered {
            assert_eq!(client.json().await["message"], "Internal server error");
        }
        client.hears_nothing_else().await;
    }
}
