//! A history for a conversation, written directly to the database.

use serde_json::{Value, json};
use uuid::{NoContext, Timestamp, Uuid};

use crate::natter::Natter;

/// The most items that DynamoDB takes in one batch.
const BATCH: usize = 25;

impl Natter {
    /// Puts this many turns before the only one of a conversation. Each is a copy of that turn's two messages, under
    /// older ids, and follows the one before it, as the functions would have stored them.
    pub async fn put_past(&self, user: &str, conversation: &str, turns: usize) {
        let [mut question, reply] = self.only_turn(user, conversation).await;
        let mut past = Vec::new();
        let mut parent = None;
        for turn in 0..turns as u64 {
            for (template, millis) in [(&question, 2 * turn), (&reply, 2 * turn + 1)] {
                let id = id_of(millis);
                past.push(copy(template, &id, parent.as_deref()));
                parent = Some(id);
            }
        }
        for batch in past.chunks(BATCH) {
            let puts: Vec<Value> = batch.iter().map(|item| json!({"PutRequest": {"Item": item}})).collect();
            let written = self.database("BatchWriteItem", &json!({"RequestItems": {"Table": puts}})).await;
            assert_eq!(written["UnprocessedItems"], json!({}), "{written}");
        }
        if let Some(parent) = parent {
            question["parent_id"] = json!({"S": parent});
            self.database("PutItem", &json!({"TableName": "Table", "Item": question})).await;
        }
    }

    async fn only_turn(&self, user: &str, conversation: &str) -> [Value; 2] {
        let mut found = self
            .database(
                "Query",
                &json!({
                    "TableName": "Table", "ConsistentRead": true, "KeyConditionExpression": "pk = :pk AND begins_with(sk, :messages)",
                    "ExpressionAttributeValues": {
                        ":pk": {"S": format!("USER#{user}#CONV#{conversation}")}, ":messages": {"S": "MSG#"},
                    },
                }),
            )
            .await;
        let Value::Array(items) = found["Items"].take() else { panic!("no items: {found}") };
        items.try_into().unwrap_or_else(|items| panic!("not one short turn: {items:?}"))
    }
}

// Long before any turn that was held, and in this order.
fn id_of(millis: u64) -> String {
    let nanos = u32::try_from(millis % 1000).unwrap_or_default() * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1000, nanos)).simple().to_string()
}

fn copy(template: &Value, id: &str, parent: Option<&str>) -> Value {
    let mut item = template.clone();
    item["sk"] = json!({"S": format!("MSG#{id}#~")});
    item["id"] = json!({"S": id});
    match parent {
        Some(parent) => item["parent_id"] = json!({"S": parent}),
        None => drop(item.as_object_mut().map(|item| item.remove("parent_id"))),
    }
    item
}
