//! [`UserErasure`] on DynamoDB.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::super::error::StoreError;
use super::super::models::{Key, messages_of};
use super::super::user_erasure::{Footprint, UserErasure};
use super::DynamoStore;
use super::errors::unavailable;
use super::item::read;
use crate::conversation::UserId;

/// How often to look again for what running functions have written meanwhile.
const MAX_PASSES: usize = 5;

#[async_trait]
impl UserErasure for DynamoStore {
    async fn footprint(&self, user: &UserId) -> Result<Footprint, StoreError> {
        self.visit(user, false).await
    }

    async fn erase_user(&self, user: &UserId) -> Result<Footprint, StoreError> {
        let mut erased = Footprint::default();
        for _ in 0..MAX_PASSES {
            let found = self.visit(user, true).await?;
            if found == Footprint::default() {
                break;
            }
            erased.conversations += found.conversations;
            erased.messages += found.messages;
            erased.others += found.others;
        }
        Ok(erased)
    }
}

impl DynamoStore {
    // Counts all items of a user, and removes them if `erases`. Those of a conversation are found by its head, so the head comes last.
    async fn visit(&self, user: &UserId, erases: bool) -> Result<Footprint, StoreError> {
        let own = self.keys_in(format!("USER#{user}")).await?;
        let mut footprint = Footprint::default();
        for (_, conversation) in own.iter().filter_map(Key::to_conversation) {
            let items = self.keys_in(messages_of(user, &conversation)).await?;
            if erases {
                self.remove_keys(&items).await?;
            }
            footprint.conversations += 1;
            footprint.messages += items.len();
        }
        if erases {
            self.remove_keys(&own).await?;
        }
        footprint.others = own.len() - footprint.conversations;
        Ok(footprint)
    }

    async fn keys_in(&self, partition: String) -> Result<Vec<Key>, StoreError> {
        let query = self.keys("pk = :pk").expression_attribute_values(":pk", AttributeValue::S(partition));
        let items: Vec<_> =
            query.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(unavailable)?;
        items.into_iter().map(read).collect()
    }
}
