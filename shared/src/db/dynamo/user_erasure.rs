//! Erases everything that is stored of a user.

use aws_sdk_dynamodb::types::AttributeValue;

use super::super::error::StoreError;
use super::super::models::{Key, messages_of};
use super::DynamoStore;
use super::errors::unavailable;
use super::item::read;
use crate::conversation::UserId;

/// How often to look again for what running functions have written meanwhile.
const MAX_PASSES: usize = 5;

/// How many items are stored of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Conversations, tombstones included.
    pub conversations: usize,
    /// Items of conversations: messages, records of sent messages, segments and branches.
    pub messages: usize,
    /// Connections, requests, parts of texts, and allowances.
    pub others: usize,
}

impl DynamoStore {
    /// Counts what is stored of a user. Tickets are not counted: they cannot be found by their user, and expire within
    /// a minute.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn footprint(&self, user: &UserId) -> Result<Footprint, StoreError> {
        self.visit(user, async |_| Ok(())).await
    }

    /// Erases all of it, and returns how much it was. Idempotent: repeat it after an error. A user who is still signed
    /// in may write again.
    ///
    /// # Errors
    /// The store is unavailable, or rejects a call.
    pub async fn forget_user(&self, user: &UserId) -> Result<Footprint, StoreError> {
        let mut removed = Footprint::default();
        for _ in 0..MAX_PASSES {
            let found = self.visit(user, async |keys| self.remove_keys(keys).await).await?;
            if found == Footprint::default() {
                break;
            }
            removed.conversations += found.conversations;
            removed.messages += found.messages;
            removed.others += found.others;
        }
        Ok(removed)
    }

    // The items of a conversation are found by its head, so the head is visited last.
    async fn visit(
        &self,
        user: &UserId,
        mut visit: impl AsyncFnMut(&[Key]) -> Result<(), StoreError>,
    ) -> Result<Footprint, StoreError> {
        let own = self.keys_in(format!("USER#{user}")).await?;
        let mut footprint = Footprint::default();
        for (_, conversation) in own.iter().filter_map(Key::to_conversation) {
            let items = self.keys_in(messages_of(user, &conversation)).await?;
            visit(&items).await?;
            footprint.conversations += 1;
            footprint.messages += items.len();
        }
        visit(&own).await?;
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
