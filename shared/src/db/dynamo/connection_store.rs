//! [`ConnectionStore`] on DynamoDB.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::super::connection_store::{ConnectionRecord, ConnectionStore, Period, SlotClaim, Traffic};
use super::super::error::StoreError;
use super::super::models::{ConnectionItem, Due, Key, LOSS_RETENTION, SLOTS_LIFETIME, SlotsItem};
use super::DynamoStore;
use super::errors::{is_unmet, met, unavailable, unmet};
use super::item::{Item, read, value, write};
use crate::conversation::{ConnectionId, Timestamp, UserId};

/// The most connections of one user that are read. Beyond that, not all get every notice.
const MAX_CONNECTIONS: i32 = 50;

#[async_trait]
impl ConnectionStore for DynamoStore {
    async fn put_connection(&self, connection: &ConnectionRecord) -> Result<(), StoreError> {
        self.put(write(&ConnectionItem::from(connection))?).await
    }

    async fn delete_connection(&self, user: &UserId, connection: &ConnectionId) -> Result<(), StoreError> {
        self.connection_deletion(user, connection).send().await.map(drop).map_err(unavailable)
    }

    async fn lose_connection(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let lose = self
            .update(Key::connection(user, connection))
            .condition_expression("attribute_exists(pk)")
            // The sweep finds and deletes it then.
            .update_expression("SET ends_at = :now, due_at = :forgotten")
            .expression_attribute_values(":now", value(now)?)
            .expression_attribute_values(":forgotten", value(now + LOSS_RETENTION)?);
        met(lose.send().await.map(drop)).map(drop)
    }

    async fn lost_connections(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<(ConnectionId, Timestamp)>, StoreError> {
        let answer = self.connections_of(user).consistent_read(true).send().await.map_err(unavailable)?;
        let lost = read_all(answer.items.unwrap_or_default())?.into_iter().filter(|item| item.ends_at <= now);
        Ok(lost.filter_map(|item| Some((item.key.to_connection()?.1, item.ends_at))).collect())
    }

    async fn delete_opened_before(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        opened_before: Timestamp,
    ) -> Result<(), StoreError> {
        let delete = self
            .connection_deletion(user, connection)
            .condition_expression("connected_at < :before")
            .expression_attribute_values(":before", value(opened_before)?);
        is_met(delete.send().await.map(drop)).map(drop)
    }

    async fn connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError> {
        let query = self.connections_of(user).limit(MAX_CONNECTIONS);
        let answer = query.send().await.map_err(unavailable)?;
        live(answer.items.unwrap_or_default(), now)
    }

    async fn all_connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError> {
        // One page holds thousands of them.
        let answer = self.connections_of(user).consistent_read(true).send().await.map_err(unavailable)?;
        live(answer.items.unwrap_or_default(), now)
    }

    async fn claim_slot(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        most: usize,
        now: Timestamp,
    ) -> Result<SlotClaim, StoreError> {
        let claim = self
            .update(Key::slots(user))
            // A retry of the same call whose answer was lost succeeds again.
            .condition_expression("attribute_not_exists(places) OR size(places) < :most OR contains(places, :id)")
            .update_expression("ADD places :ids SET expires_at = :expires_at")
            .expression_attribute_values(":most", value(most)?)
            .expression_attribute_values(":id", value(connection)?)
            .expression_attribute_values(":ids", AttributeValue::Ss(vec![connection.to_string()]))
            .expression_attribute_values(":expires_at", value((now + SLOTS_LIFETIME).seconds())?)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match claim.send().await {
            Ok(_) => Ok(SlotClaim::Granted),
            Err(error) => {
                let holders = unmet(error)?.map(read::<SlotsItem>).transpose()?.unwrap_or_default();
                Ok(SlotClaim::Full(holders.connections()))
            }
        }
    }

    async fn release_places(&self, user: &UserId, connections: &[ConnectionId]) -> Result<(), StoreError> {
        let ids = connections.iter().map(ToString::to_string).collect();
        let release = self
            .update(Key::slots(user))
            .update_expression("DELETE places :ids")
            .expression_attribute_values(":ids", AttributeValue::Ss(ids));
        release.send().await.map(drop).map_err(unavailable)
    }

    async fn add_traffic(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        period: Period,
        traffic: Traffic,
    ) -> Result<Traffic, StoreError> {
        let add = self
            .update(Key::traffic(user, connection, period.number))
            .update_expression("ADD frames :frames, processes :processes SET expires_at = :expires_at")
            .expression_attribute_values(":frames", value(traffic.frames)?)
            .expression_attribute_values(":processes", value(traffic.processes)?)
            .expression_attribute_values(":expires_at", value(period.forgotten_at.seconds())?)
            .return_values(ReturnValue::UpdatedNew);
        let answer = add.send().await.map_err(unavailable)?;
        read(answer.attributes.unwrap_or_default())
    }

    async fn due_connections(&self, now: Timestamp, limit: usize) -> Result<Vec<(UserId, ConnectionId)>, StoreError> {
        Ok(self.due(Due::Connection, now, limit).await?.iter().filter_map(Key::to_connection).collect())
    }

    async fn mark_noticed(&self, user: &UserId, connection: &ConnectionId) -> Result<bool, StoreError> {
        let mark = self
            .update(Key::connection(user, connection))
            .condition_expression("due_at < ends_at")
            .update_expression("SET due_at = ends_at");
        met(mark.send().await.map(drop))
    }

    async fn end_connection(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let end = self
            .connection_deletion(user, connection)
            .condition_expression("ends_at <= :now")
            .expression_attribute_values(":now", value(now)?);
        is_met(end.send().await.map(drop))
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

    fn connection_deletion(&self, user: &UserId, connection: &ConnectionId) -> DeleteItemFluentBuilder {
        let key = Key::connection(user, connection).into_item();
        self.client.delete_item().table_name(&self.table).set_key(Some(key))
    }
}

// DynamoDB deletes late, so expired items are filtered by time.
fn live(items: Vec<Item>, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError> {
    let live = read_all(items)?.into_iter().filter(|item| item.ends_at > now);
    Ok(live.filter_map(|item| Some(item.key.to_connection()?.1)).collect())
}

fn read_all(items: Vec<Item>) -> Result<Vec<ConnectionItem>, StoreError> {
    items.into_iter().map(read).collect()
}

fn is_met<E>(deleted: Result<(), SdkError<E>>) -> Result<bool, StoreError>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match deleted {
        Ok(()) => Ok(true),
        Err(error) if is_unmet(&error) => Ok(false),
        Err(error) => Err(unavailable(error)),
    }
}
