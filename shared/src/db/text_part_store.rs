//! The trait of a store of texts that come in pieces.

use async_trait::async_trait;

use super::error::StoreError;
use crate::conversation::{Timestamp, UserId};
use crate::turn::Subscriber;

/// Keeps the pieces of a text for some minutes, until the message comes whose text it is. Every operation may be repeated.
#[async_trait]
pub trait TextPartStore: Send + Sync {
    /// Keeps a piece.
    async fn put_text_part(&self, part: &TextPart) -> Result<(), StoreError>;

    /// The first `count` pieces of the text of a request, in their order; `None` as long as one of them is missing.
    async fn text_parts(
        &self,
        user: &UserId,
        request: &Subscriber,
        count: usize,
    ) -> Result<Option<Vec<String>>, StoreError>;

    /// Removes the first `count` pieces of the text of a request.
    async fn remove_text_parts(&self, user: &UserId, request: &Subscriber, count: usize) -> Result<(), StoreError>;
}

/// A piece of a text.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct TextPart {
    /// Whose it is.
    pub user: UserId,
    /// The request that is going to send the message.
    pub request: Subscriber,
    /// Its place in the text, zero-based.
    pub index: usize,
    /// What it says.
    #[debug("{} bytes", text.len())]
    pub text: String,
    /// When it came.
    pub sent_at: Timestamp,
}
