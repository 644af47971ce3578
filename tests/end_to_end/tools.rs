//! Turns whose agent has tools: a function of the account, a question to the page, and an approval.

use natter_tests::{Answer, Client, NatterBuilder, answers};
use serde_json::{Value, json};

/// An order that is placed at once, and one that needs approval: both are the same function.
pub const TOOLS: &str = r#"
[[tool]]
name = "place_order"
description = "Orders something."
kind = "lambda"
function = "place-order"
[tool.parameters]
type = "object"
required = ["item", "count"]
properties.item = { type = "string" }
properties.count = { type = "integer" }

[[tool]]
name = "place_large_order"
description = "Orders much."
kind = "lambda"
function = "place-order"
approval = "always"
[tool.parameters]
type = "object"
required = ["item", "count"]
properties.item = { type = "string" }
properties.count = { type = "integer" }
"#;

pub fn order(tool: &str, item: &str, count: u32) -> Value {
    json!({"name": tool, "arguments": {"item": item, "count": count}})
}

/// Has a whole turn by this script.
pub async fn ask(client: &mut Client, script: &Value) -> Answer {
    let request = client.script("c", script.clone()).await;
    client.answer(&request).await
}

/// The last message of the conversation, as a page gets it.
pub async fn last_message(client: &mut Client) -> Value {
    client.whole_history(json!({"id": "c"})).await.pop().unwrap()
}

#[tokio::test]
async fn a_function_is_called_once_for_each_call_of_the_model_for_its_user() {
    let natter = NatterBuilder::default().tools(TOOLS).start().await;
    let mut alice = natter.connect("alice").await;
    let calls = [order("place_order", "Tea", 1), order("place_order", "Cake", 2)];
    let script = json!({"rate": 0, "steps": [{"text": "Ordering.", "calls": calls}, {"text": "Done."}]});
    let answer = ask(&mut alice, &script).await;
    assert_eq!((answer.text.as_str(), &answer.last["type"]), ("Ordering.Done.", &json!("end")));

    let mut orders = natter.orders();
    orders.sort_by_key(|order| order["key"].to_string());
    let key = |number: u32| format!("{}-{number}", answer.message_id);
    let placed = |number, item: &str, count| json!({"key": key(number), "user": "alice", "order": {"item": item, "count": count}});
    assert_eq!(orders, [placed(1, "Tea", 1), placed(2, "Cake", 2)]);
    let prompt = natter.last_prompt().await;
    assert_eq!(
        prompt[2..],
        [r#"tool: {"placed":{"count":1,"item":"Tea"}}"#, r#"tool: {"placed":{"count":2,"item":"Cake"}}"#]
    );
    natter.stack.stop().await;
}

#[tokio::test]
async fn an_approval_is_given_on_another_device_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let start = || NatterBuilder::default().tools(TOOLS).data(folder.path()).start();
    let script = json!({"rate": 0, "steps": [{"calls": [order("place_large_order", "Tea", 100)]}, {"text": "Done."}]});
    {
        let natter = start().await;
        let answer = ask(&mut natter.connect("alice").await, &script).await;
        assert_eq!((answer.text.as_str(), &answer.last["type"]), ("", &json!("end")));
        assert!(natter.orders().is_empty(), "it waits");
        natter.stack.stop().await;
    }
    let natter = start().await;
    let (mut phone, mut laptop) = (natter.connect("alice").await, natter.connect("alice").await);
    let waiting = last_message(&mut phone).await;
    assert_eq!(
        (&waiting["metadata"]["status"], &waiting["parts"][1]["state"]),
        (&json!("waiting"), &json!("approval-requested"))
    );
    let request = phone.respond("c", &answers(&waiting, true, "")).await;
    assert_eq!(phone.answer(&request).await.text, "Done.");
    // The same answer again, from where it was asked first.
    let request = laptop.respond("c", &answers(&waiting, true, "")).await;
    assert_eq!(laptop.answer(&request).await.text, "Done.");
    natter.stack.settled().await;
    assert_eq!(natter.orders().len(), 1);
    assert_eq!(natter.steps_asked().await, [0, 1], "what was said before the restart is not asked again");
    assert_eq!(last_message(&mut laptop).await["metadata"]["status"], "complete");
    natter.stack.stop().await;
}

#[tokio::test]
async fn a_denied_call_is_not_made_and_the_model_is_told() {
    let natter = NatterBuilder::default().tools(TOOLS).start().await;
    let mut alice = natter.connect("alice").await;
    let script =
        json!({"rate": 0, "steps": [{"calls": [order("place_large_order", "Tea", 100)]}, {"text": "As you like."}]});
    ask(&mut alice, &script).await;
    let waiting = last_message(&mut alice).await;
    let request = alice.respond("c", &answers(&waiting, false, "")).await;
    assert_eq!(alice.answer(&request).await.text, "As you like.");
    assert!(natter.orders().is_empty());
    let told = natter.last_prompt().await.pop().unwrap();
    assert!(told.starts_with("tool: Error: "), "{told}");
    natter.stack.stop().await;
}
