//! A user's conversations in order of activity.
//!
//! The index only gives the order, and lags by moments. What is shown is read from the heads themselves: so a new title
//! is visible at once, and a deleted conversation is not.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::Deserialize;

use super::super::conversation_store::Activity;
use super::super::error::StoreError;
use super::super::models::{ConversationItem, Key};
use super::DynamoStore;
use super::errors::{malformed, unavailable};
use super::item::{Item, read, value};
use super::keys::ACTIVITY_INDEX;
use crate::conversation::{Conversation, ConversationId, Timestamp, UserId};

/// How often unprocessed keys of a batch are requested again.
const MAX_ATTEMPTS: usize = 5;

#[derive(Deserialize)]
struct IndexItem {
    #[serde(flatten)]
    key: Key,
    updated_at: Timestamp,
}

impl DynamoStore {
    /// The activity of a user's conversations after `after`, newest first.
    pub(super) async fn newest_activity(
        &self,
        user: &UserId,
        after: Option<&Activity>,
        limit: usize,
    ) -> Result<Vec<Activity>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(ACTIVITY_INDEX)
            .key_condition_expression("user_id = :user")
            .expression_attribute_values(":user", AttributeValue::S(user.to_string()))
            .scan_index_forward(false)
            .set_exclusive_start_key(after.map(|after| place_in_index(user, after)).transpose()?)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unavailable)?;
        let items = answer.items.unwrap_or_default().into_iter().map(read::<IndexItem>);
        let activity = |item: IndexItem| {
            let conversation: ConversationId = item.key.to_conversation()?.1;
            Some(Activity { updated_at: item.updated_at, conversation })
        };
        items.filter_map(|item| item.map(activity).transpose()).collect()
    }

    /// The heads of these conversations, in this order. Those that were deleted are left out.
    pub(super) async fn heads(&self, user: &UserId, active: &[Activity]) -> Result<Vec<Conversation>, StoreError> {
        let mut wanted: Vec<Item> =
            active.iter().map(|activity| Key::conversation(user, &activity.conversation).into_item()).collect();
        let mut heads: HashMap<ConversationId, Conversation> = HashMap::new();
        for _ in 0..MAX_ATTEMPTS {
            if wanted.is_empty() {
                break;
            }
            let keys = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
            let get = self.client.batch_get_item().request_items(&self.table, keys.map_err(malformed)?);
            let answer = get.send().await.map_err(unavailable)?;
            for item in answer.responses.unwrap_or_default().into_values().flatten() {
                if let Some(head) = read::<ConversationItem>(item)?.into_conversation() {
                    heads.insert(head.id.clone(), head);
                }
            }
            wanted = answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
        }
        match wanted.is_empty() {
            true => Ok(active.iter().filter_map(|activity| heads.remove(&activity.conversation)).collect()),
            false => Err(StoreError::Unavailable("some items were not read".to_owned())),
        }
    }
}

fn place_in_index(user: &UserId, activity: &Activity) -> Result<Item, StoreError> {
    let mut place = Key::conversation(user, &activity.conversation).into_item();
    place.insert("user_id".to_owned(), AttributeValue::S(user.to_string()));
    place.insert("updated_at".to_owned(), value(activity.updated_at)?);
    Ok(place)
}
