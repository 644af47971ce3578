//! The stores on DynamoDB: the only users of its SDK.

mod activity_index;
mod agents_store;
mod allowance_store;
mod connection_store;
mod conversation_store;
mod deletion;
mod errors;
mod item;
mod keys;
mod message_reader;
mod output_store;
mod request_store;
mod text_part_store;
mod ticket_store;
mod turn_store;
mod turn_transaction;
mod turn_writes;
mod user_erasure;
mod waiting_turn;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::error::StoreError;
use super::models::{Due, Key, messages_of};
use crate::conversation::{ConversationId, Timestamp, UserId};
use errors::{malformed, unavailable};
use item::{Item, read, value};
use keys::DUE_INDEX;

/// The stores in one DynamoDB table.
#[derive(Debug, Clone)]
pub struct DynamoStore {
    client: Client,
    table: String,
}

impl DynamoStore {
    /// A store in `table`, which must have the keys `pk` and `sk` and the indexes `due` and `activity`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key.into_item())).consistent_read(true);
        Ok(get.send().await.map_err(unavailable)?.item)
    }

    // Two items by one call, or the first alone.
    async fn get_with(&self, one: Key, other: Option<Key>) -> Result<(Option<Item>, Option<Item>), StoreError> {
        let Some(other) = other else { return Ok((self.get(one).await?, None)) };
        let keys = [one.clone(), other.clone()].map(Key::into_item);
        let keys = KeysAndAttributes::builder().set_keys(Some(keys.into())).consistent_read(true).build();
        let both = self.client.batch_get_item().request_items(&self.table, keys.map_err(malformed)?).send().await;
        let both = both.map_err(unavailable)?;
        if both.unprocessed_keys.is_some_and(|left| !left.is_empty()) {
            return futures::try_join!(self.get(one), self.get(other));
        }
        let (mut first, mut second) = (None, None);
        for item in both.responses.unwrap_or_default().into_values().flatten() {
            match one.is_of(&item) {
                true => first = Some(item),
                false => second = Some(item),
            }
        }
        Ok((first, second))
    }

    async fn put(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(unavailable)
    }

    // The keys of due items. The index is eventually consistent: the items themselves are read again.
    async fn due(&self, kind: Due, now: Timestamp, limit: usize) -> Result<Vec<Key>, StoreError> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let now = value(now)?;
        let queries = kind.partitions().map(|partition| {
            self.client
                .query()
                .table_name(&self.table)
                .index_name(DUE_INDEX)
                .key_condition_expression("due = :partition AND due_at <= :now")
                .expression_attribute_values(":partition", AttributeValue::S(partition))
                .expression_attribute_values(":now", now.clone())
                .limit(limit)
                .send()
        });
        let answers = futures::future::try_join_all(queries).await.map_err(unavailable)?;
        let items = answers.into_iter().flat_map(|answer| answer.items.unwrap_or_default());
        items.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(read::<Key>).collect()
    }

    fn newest_first(&self, user: &UserId, conversation: &ConversationId, prefix: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(messages_of(user, conversation)))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
            .scan_index_forward(false)
            .consistent_read(true)
    }

    fn update(&self, key: Key) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(key.into_item()))
    }
}
