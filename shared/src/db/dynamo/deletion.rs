//! Deletes a conversation: a tombstone at once, then a purge in batches.

use std::time::Duration;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, DeleteRequest, ReturnValue, ReturnValuesOnConditionCheckFailure, WriteRequest,
};

use super::super::error::StoreError;
use super::super::models::{ConversationItem, Due, Key};
use super::DynamoStore;
use super::errors::{malformed, unavailable};
use super::item::{Item, read, value};
use crate::conversation::{ConversationId, Timestamp, UserId};
use crate::turn::TurnKey;

/// How long the tombstone is kept, so that a tab which still shows the conversation gets an error.
const TOMBSTONE_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// DynamoDB's limit of items per batch.
const BATCH: usize = 25;

/// How often a batch is retried that was not processed completely, and the pause between.
const MAX_ATTEMPTS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(50);

impl DynamoStore {
    /// Writes the tombstone, unless there is one. Without a time of activity it is in no list, and its version is one
    /// that no turn has read.
    pub(super) fn deletion(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        now: Timestamp,
        due_at: Timestamp,
    ) -> Result<UpdateItemFluentBuilder, StoreError> {
        let key = Key::conversation(user, conversation);
        Ok(self
            .client
            .update_item()
            .table_name(&self.table)
            .condition_expression("attribute_exists(updated_at)")
            .update_expression(
                "SET deleted_at = :now, expires_at = :forgotten, due = :due, due_at = :due_at, version = version + :one \
                 REMOVE title, first_words, updated_at",
            )
            .expression_attribute_values(":now", value(now)?)
            .expression_attribute_values(":forgotten", value((now + TOMBSTONE_LIFETIME).seconds())?)
            .expression_attribute_values(":due", AttributeValue::S(Due::Deletion.partition(&key)))
            .expression_attribute_values(":due_at", value(due_at)?)
            .expression_attribute_values(":one", value(1)?)
            .set_key(Some(key.into_item()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    /// The last turn of the conversation whose head this item is.
    pub(super) fn last_turn(&self, user: &UserId, item: Item) -> Result<TurnKey, StoreError> {
        let head: ConversationItem = read(item)?;
        Ok(TurnKey { user_id: user.clone(), conversation_id: head.id, message_id: head.head_message_id })
    }

    pub(super) fn keys(&self, condition: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table).key_condition_expression(condition);
        query.projection_expression("pk, sk").consistent_read(true)
    }

    pub(super) async fn remove(
        &self,
        query: QueryFluentBuilder,
        wanted: impl Fn(&Key) -> bool,
    ) -> Result<(), StoreError> {
        let mut pages = query.into_paginator().send();
        while let Some(page) = pages.next().await {
            let items = page.map_err(unavailable)?.items.unwrap_or_default();
            let keys: Vec<Key> = items.into_iter().map(read).collect::<Result<_, _>>()?;
            let keys: Vec<Key> = keys.into_iter().filter(&wanted).collect();
            self.remove_keys(&keys).await?;
        }
        Ok(())
    }

    pub(super) async fn remove_keys(&self, keys: &[Key]) -> Result<(), StoreError> {
        for batch in keys.chunks(BATCH) {
            self.remove_batch(batch).await?;
        }
        Ok(())
    }

    async fn remove_batch(&self, keys: &[Key]) -> Result<(), StoreError> {
        let delete = |key: &Key| {
            let delete = DeleteRequest::builder().set_key(Some(key.clone().into_item())).build().map_err(malformed)?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        };
        let mut left: Vec<WriteRequest> = keys.iter().map(delete).collect::<Result<_, StoreError>>()?;
        for attempt in 1..=MAX_ATTEMPTS {
            let write = self.client.batch_write_item().request_items(&self.table, left);
            let answer = write.send().await.map_err(unavailable)?;
            left = answer.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            if left.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE * attempt).await;
        }
        Err(StoreError::Unavailable("some items were not removed".to_owned()))
    }
}
