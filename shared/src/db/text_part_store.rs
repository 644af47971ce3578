//! The trait of a store of texts that are sent in parts.

use async_trait::async_trait;

use super::error::StoreError;
use crate::conversation::{Timestamp, UserId};
use crate::turn::Subscriber;

/// Stores the parts of a text for some minutes, until its message arrives. Every operation is idempotent.
#[async_trait]
pub trait TextPartStore: Send + Sync {
    /// Stores a part.
    async fn put_text_part(&self, part: &TextPart) -> Result<(), StoreError>;

    /// The first `count` parts of the text of a request, in order; `None` while one of them is missing.
    async fn text_parts(
        &self,
        user: &UserId,
        request: &Subscriber,
        count: usize,
    ) -> Result<Option<Vec<String>>, StoreError>;

    /// Removes the first `count` parts of the text of a request.
    async fn remove_text_parts(&self, user: &UserId, request: &Subscriber, count: usize) -> Result<(), StoreError>;
}

/// A part of a text.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct TextPart {
    /// The user who sent it.
    pub user: UserId,
    /// The request that is going to send the message.
    pub request: Subscriber,
    /// Its zero-based index in the text.
    pub index: usize,
    /// The text of the part.
    #[debug("{} bytes", text.len())]
    pub text: String,
    /// When it arrived.
    pub sent_at: Timestamp,
}
