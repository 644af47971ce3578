//! [`TextPartStore`] on DynamoDB.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::super::error::StoreError;
use super::super::models::{Key, TextPartItem, text_parts_of};
use super::super::text_part_store::{TextPart, TextPartStore};
use super::DynamoStore;
use super::errors::unavailable;
use super::item::{read, write};
use crate::conversation::UserId;
use crate::turn::Subscriber;

#[async_trait]
impl TextPartStore for DynamoStore {
    async fn put_text_part(&self, part: &TextPart) -> Result<(), StoreError> {
        self.put(write(&TextPartItem::from(part))?).await
    }

    async fn text_parts(
        &self,
        user: &UserId,
        request: &Subscriber,
        count: usize,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let prefix = text_parts_of(&request.connection, &request.request);
        // All parts fit in the 1 MB that one query reads.
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(format!("USER#{user}")))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix))
            .consistent_read(true);
        let items = query.send().await.map_err(unavailable)?.items.unwrap_or_default();
        let parts: Vec<TextPartItem> = items.into_iter().map(read).collect::<Result<_, _>>()?;
        let texts: Vec<String> = parts.into_iter().filter(|part| part.index < count).map(|part| part.text).collect();
        Ok((texts.len() == count).then_some(texts))
    }

    async fn remove_text_parts(&self, user: &UserId, request: &Subscriber, count: usize) -> Result<(), StoreError> {
        let key = |index| Key::text_part(user, &request.connection, &request.request, index);
        self.remove_keys(&(0..count).map(key).collect::<Vec<_>>()).await
    }
}
