//! The keys of the table as SDK items, and the names of its indexes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::super::conversation_store::PieceName;
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

    /// The piece of a message that the item with this key holds.
    pub fn piece_of(item: &Item) -> Option<(MessageId, PieceName)> {
        let (message, name) = item.get("sk")?.as_s().ok()?.strip_prefix("MSG#")?.split_once('#')?;
        Some((message.parse().ok()?, name.parse().ok()?))
    }
}
