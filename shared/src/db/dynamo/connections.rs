//! [`ConnectionStore`] on DynamoDB.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};

use super::super::connection_store::{ConnectionRecord, ConnectionStore};
use super::super::items::{ConnectionItem, read, value, write};
use super::super::keys::{Due, Key};
use super::super::store::StoreError;
use super::DynamoStore;
use super::errors::{met, unavailable};
use crate::conversation::{ConnectionId, Timestamp, UserId};

/// The most connections of one user that are read. Who has more is not told of everything everywhere.
const MAX_CONNECTIONS: i32 = 50;

#[async_trait]
impl ConnectionStore for DynamoStore {
    async fn put_connection(&self, connection: &ConnectionRecord) -> Result<(), StoreError> {
        self.put(write(&ConnectionItem::from(connection))?).await
    }

    async fn delete_connection(&self, user: &UserId, connection: &ConnectionId) -> Result<(), StoreError> {
        let key = Key::connection(user, connection).into_item();
        let delete = self.client.delete_item().table_name(&self.table);
        delete.set_key(Some(key)).send().await.map(drop).map_err(unavailable)
    }

    async fn connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError> {
        let query = self.connections_of(user).limit(MAX_CONNECTIONS);
        let answer = query.send().await.map_err(unavailable)?;
        let items = answer.items.unwrap_or_default().into_iter().map(read::<ConnectionItem>);
        let live = items.filter(|item| item.as_ref().map_or(true, |item| item.expires_at > now.seconds()));
        live.filter_map(|item| item.map(|item| item.key.to_connection().map(|(_, connection)| connection)).transpose())
            .collect()
    }

    async fn count_connections(&self, user: &UserId, now: Timestamp) -> Result<usize, StoreError> {
        // One page holds thousands of them, and expired ones are deleted within days.
        let live = self
            .connections_of(user)
            .filter_expression("expires_at > :now")
            .expression_attribute_values(":now", value(now.seconds())?)
            .select(Select::Count)
            .consistent_read(true);
        let answer = live.send().await.map_err(unavailable)?;
        Ok(usize::try_from(answer.count).unwrap_or_default())
    }

    async fn due_for_notice(&self, now: Timestamp, limit: usize) -> Result<Vec<(UserId, ConnectionId)>, StoreError> {
        Ok(self.due(Due::Connection, now, limit).await?.iter().filter_map(Key::to_connection).collect())
    }

    async fn mark_noticed(&self, user: &UserId, connection: &ConnectionId) -> Result<bool, StoreError> {
        let mark = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::connection(user, connection).into_item()))
            .condition_expression("attribute_exists(due)")
            .update_expression("REMOVE due, due_at");
        met(mark.send().await.map(drop))
    }
}

impl DynamoStore {
    fn connections_of(&self, user: &UserId) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :connections)")
            .expression_attribute_values(":pk", AttributeValue::S(format!("USER#{user}")))
            .expression_attribute_values(":connections", AttributeValue::S("CONN#".to_owned()))
    }
}
