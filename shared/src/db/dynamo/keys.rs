//! The keys of the table as SDK items, and the names of its indexes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::super::message_reader::PieceName;
use super::super::models::Key;
use super::item::Item;
use crate::conversation::MessageId;

/// The name of the index of a user's conversations.
pub const ACTIVITY_INDEX: &str = "activity";

/// The name of the index of what is due.
pub const DUE_INDEX: &str = "due";

impl Key {
    /// The key as an SDK item.
    pub fn into_item(self) -> Item {
        HashMap::from([("pk".to_owned(), AttributeValue::S(self.pk)), ("sk".to_owned(), AttributeValue::S(self.sk))])
    }

    /// Whether it is the key of this item.
    pub fn is_of(&self, item: &Item) -> bool {
        let has = |name: &str, value: &str| {
            item.get(name).and_then(|found| found.as_s().ok()).is_some_and(|found| found == value)
        };
        has("pk", &self.pk) && has("sk", &self.sk)
    }

    /// The piece of a message that the item with this key holds.
    pub fn piece_of(item: &Item) -> Option<(MessageId, PieceName)> {
        let (message, name) = item.get("sk")?.as_s().ok()?.strip_prefix("MSG#")?.split_once('#')?;
        Some((message.parse().ok()?, name.parse().ok()?))
    }
}
