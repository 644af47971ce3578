//! [`AgentsStore`] and [`AgentsPublisher`] on DynamoDB.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};

use super::super::agents_store::{AgentsPublisher, AgentsStore, Publication, PublishedVersion};
use super::super::error::StoreError;
use super::super::models::{AGENTS, AGENTS_VERSIONS, AgentsHeadItem, AgentsItem, AgentsSummary, Key};
use super::DynamoStore;
use super::errors::{malformed, unavailable};
use super::item::{read, value, write};
use crate::agent_files::AgentFiles;
use crate::conversation::{AgentsVersion, Timestamp};

#[async_trait]
impl AgentsStore for DynamoStore {
    async fn agents_in_use(&self) -> Result<Option<AgentsVersion>, StoreError> {
        // Eventually consistent, which costs half: whoever publishes waits for up to a minute anyway.
        let key = Key::agents_head().into_item();
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key));
        let head = get.send().await.map_err(unavailable)?.item.map(read::<AgentsHeadItem>).transpose()?;
        Ok(head.map(|head| AgentsVersion::published(head.current)))
    }

    async fn agents(&self, version: &AgentsVersion) -> Result<Option<AgentFiles>, StoreError> {
        let Some(number) = version.number() else { return Ok(None) };
        let Some(item) = self.get(Key::agents(number)).await? else { return Ok(None) };
        let files = serde_json::from_str(&read::<AgentsItem>(item)?.files);
        files.map(Some).map_err(|error| StoreError::Unreadable(format!("files: {error}")))
    }
}

#[async_trait]
impl AgentsPublisher for DynamoStore {
    async fn publish_agents(&self, files: &AgentFiles, now: Timestamp) -> Result<Publication, StoreError> {
        let head = self.get(Key::agents_head()).await?.map(read::<AgentsHeadItem>).transpose()?;
        if let Some(head) = &head {
            let current = AgentsVersion::published(head.current);
            if self.agents(&current).await?.as_ref() == Some(files) {
                return Ok(Publication::Unchanged(current));
            }
        }
        let number = head.as_ref().map_or(0, |head| head.newest) + 1;
        let item = AgentsItem::new(number, files, now).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let put_version = Put::builder()
            .table_name(&self.table)
            .set_item(Some(write(&item)?))
            .condition_expression("attribute_not_exists(pk)")
            .build();
        let mut put_head =
            Put::builder().table_name(&self.table).set_item(Some(write(&AgentsHeadItem::newest(number))?));
        put_head = match head {
            None => put_head.condition_expression("attribute_not_exists(pk)"),
            Some(head) => put_head
                .condition_expression("newest = :newest")
                .expression_attribute_values(":newest", value(head.newest)?),
        };
        let actions = [put_version, put_head.build()].map(|put| put.map_err(malformed));
        let [put_version, put_head] = actions;
        let actions = [put_version?, put_head?].map(|put| TransactWriteItem::builder().put(put).build());
        match self.commit(actions).await? {
            true => Ok(Publication::Published(AgentsVersion::published(number))),
            false => Err(StoreError::Stale),
        }
    }

    async fn use_agents(&self, version: &AgentsVersion) -> Result<bool, StoreError> {
        let Some(number) = version.number() else { return Ok(false) };
        let exists = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(Key::agents(number).into_item()))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(malformed)?;
        let set = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::agents_head().into_item()))
            .update_expression("SET #current = :number")
            .expression_attribute_names("#current", "current")
            .expression_attribute_values(":number", value(number)?)
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(malformed)?;
        let (exists, set) =
            (TransactWriteItem::builder().condition_check(exists), TransactWriteItem::builder().update(set));
        self.commit([exists.build(), set.build()]).await
    }

    async fn remove_agents(&self, version: &AgentsVersion) -> Result<bool, StoreError> {
        let Some(number) = version.number() else { return Ok(true) };
        let not_in_use = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(Key::agents_head().into_item()))
            .condition_expression("#current <> :number")
            .expression_attribute_names("#current", "current")
            .expression_attribute_values(":number", value(number)?)
            .build()
            .map_err(malformed)?;
        let delete = Delete::builder().table_name(&self.table).set_key(Some(Key::agents(number).into_item()));
        let not_in_use = TransactWriteItem::builder().condition_check(not_in_use).build();
        let delete = TransactWriteItem::builder().delete(delete.build().map_err(malformed)?).build();
        self.commit([not_in_use, delete]).await
    }

    async fn agents_versions(&self) -> Result<Vec<PublishedVersion>, StoreError> {
        let current = self.get(Key::agents_head()).await?.map(read::<AgentsHeadItem>).transpose()?;
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(AGENTS.to_owned()))
            .expression_attribute_values(":prefix", AttributeValue::S(AGENTS_VERSIONS.to_owned()))
            .projection_expression("version, published_at")
            .scan_index_forward(false)
            .consistent_read(true);
        let mut pages = query.into_paginator().items().send();
        let mut versions = Vec::new();
        while let Some(item) = pages.next().await {
            let AgentsSummary { version, published_at } = read(item.map_err(unavailable)?)?;
            let is_in_use = current.as_ref().is_some_and(|head| head.current == version);
            versions.push(PublishedVersion { version: AgentsVersion::published(version), published_at, is_in_use });
        }
        Ok(versions)
    }
}

impl DynamoStore {
    // Whether the conditions of all actions were met.
    async fn commit(&self, actions: impl Into<Vec<TransactWriteItem>>) -> Result<bool, StoreError> {
        let write = self.client.transact_write_items().set_transact_items(Some(actions.into())).send().await;
        match write {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(failure) if failure.is_transaction_canceled_exception() => Ok(false),
                _ => Err(unavailable(error)),
            },
        }
    }
}
