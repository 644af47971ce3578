//! [`TicketStore`] on DynamoDB.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::super::error::StoreError;
use super::super::models::{Key, TicketItem};
use super::super::ticket_store::{TicketRecord, TicketStore};
use super::DynamoStore;
use super::errors::{is_unmet, unavailable};
use super::item::{read, write};
use crate::auth::Identity;
use crate::conversation::Timestamp;

#[async_trait]
impl TicketStore for DynamoStore {
    async fn put_ticket(&self, ticket: &TicketRecord) -> Result<(), StoreError> {
        self.put(write(&TicketItem::from(ticket))?).await
    }

    // One conditional delete: the caller that gets the item back has used it.
    async fn take_ticket(&self, digest: &str, now: Timestamp) -> Result<Option<Identity>, StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(Key::ticket(digest).into_item()))
            .condition_expression("expires_at > :now")
            .expression_attribute_values(":now", AttributeValue::N(now.seconds().to_string()))
            .return_values(ReturnValue::AllOld);
        match delete.send().await {
            Ok(answer) => answer.attributes.map(|item| read::<TicketItem>(item).map(Identity::from)).transpose(),
            Err(error) if is_unmet(&error) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }
}
