//! The head of a conversation, as it is stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::conversation::{Branch, Conversation, ConversationId, MessageId, Timestamp, UserId};
use crate::turn::TurnKey;

/// The head of a conversation, or the tombstone of one that was deleted.
#[derive(Deserialize)]
pub struct ConversationItem {
    /// Chosen by the client.
    pub id: ConversationId,
    user_id: UserId,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    first_words: Option<String>,
    /// The last message of the branch that is shown.
    pub head_message_id: MessageId,
    version: u64,
    created_at: Timestamp,
    #[serde(default)]
    updated_at: Option<Timestamp>,
    #[serde(default)]
    waits: bool,
    #[serde(default, with = "serde_dynamo::string_set")]
    allowed_tools: Vec<String>,
}

impl ConversationItem {
    /// The conversation; `None` when it was deleted.
    pub fn into_conversation(self) -> Option<Conversation> {
        Some(Conversation {
            // A tombstone is in no list, so it has no time of activity.
            updated_at: self.updated_at?,
            id: self.id,
            user_id: self.user_id,
            title: self.title,
            first_words: self.first_words.filter(|words| !words.is_empty()),
            head_message_id: self.head_message_id,
            version: self.version,
            created_at: self.created_at,
            waits: self.waits,
            allowed_tools: self.allowed_tools.into_iter().collect(),
        })
    }
}

/// Where a turn branched.
#[derive(Serialize, Deserialize)]
pub struct BranchItem {
    #[serde(flatten)]
    key: Key,
    start: MessageId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<MessageId>,
    siblings: BTreeSet<MessageId>,
}

impl BranchItem {
    /// The item of a branch of the turn's conversation.
    pub fn new(turn: &TurnKey, branch: &Branch) -> Self {
        let Branch { start, parent, siblings } = branch.clone();
        Self { key: Key::branch(&turn.user_id, &turn.conversation_id, &start), start, parent, siblings }
    }
}

impl From<BranchItem> for Branch {
    fn from(item: BranchItem) -> Self {
        Self { start: item.start, parent: item.parent, siblings: item.siblings }
    }
}
