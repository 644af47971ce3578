//! Texts that are sent in parts.

use async_trait::async_trait;
use natter::conversation::UserId;
use natter::db::{StoreError, TextPart, TextPartStore};
use natter::turn::Subscriber;

use super::MemoryStore;

#[async_trait]
impl TextPartStore for MemoryStore {
    async fn put_text_part(&self, part: &TextPart) -> Result<(), StoreError> {
        let mut state = self.lock();
        let is_same =
            |other: &TextPart| (&other.user, &other.request, other.index) == (&part.user, &part.request, part.index);
        state.text_parts.retain(|other| !is_same(other));
        state.text_parts.push(part.clone());
        Ok(())
    }

    async fn text_parts(
        &self,
        user: &UserId,
        request: &Subscriber,
        count: usize,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let state = self.lock();
        let is_wanted = |part: &&TextPart| part.user == *user && part.request == *request && part.index < count;
        let mut parts: Vec<&TextPart> = state.text_parts.iter().filter(is_wanted).collect();
        parts.sort_by_key(|part| part.index);
        Ok((parts.len() == count).then(|| parts.into_iter().map(|part| part.text.clone()).collect()))
    }

    async fn remove_text_parts(&self, user: &UserId, request: &Subscriber, count: usize) -> Result<(), StoreError> {
        let is_removed = |part: &TextPart| part.user == *user && part.request == *request && part.index < count;
        self.lock().text_parts.retain(|part| !is_removed(part));
        Ok(())
    }
}
