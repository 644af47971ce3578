//! [`Store`] on DynamoDB.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::super::conversation_items::ConversationItem;
use super::super::items::{
    Item, MessageItem, OwnerItem, RequestItem, SegmentItem, read, subscriber_to_text, value, write,
};
use super::super::keys::{Due, Key, messages_of};
use super::super::store::{NewTurn, Opened, Save, Signals, Store, StoreError, Subscriber, Written};
use super::DynamoStore;
use super::errors::{met, refused, unavailable, unmet, written_before};
use crate::conversation::{ConnectionId, ConversationId, Part, RequestId, Timestamp, UserId};
use crate::turn::{Lease, TurnKey};

#[async_trait]
impl Store for DynamoStore {
    async fn open(&self, user: &UserId, conversation: &ConversationId, limit: usize) -> Result<Opened, StoreError> {
        let newest = || async {
            let query = self.newest_first(user, conversation, "MSG#").limit(i32::try_from(limit).unwrap_or(i32::MAX));
            let answer = query.send().await.map_err(unavailable)?;
            assemble(answer.items.unwrap_or_default())
        };
        let (head, recent) = futures::try_join!(self.get(Key::conversation(user, conversation)), newest())?;
        let head = head.map(read::<ConversationItem>).transpose()?.map(ConversationItem::into_conversation);
        let opened = Opened { is_deleted: head == Some(None), conversation: head.flatten(), recent };
        match opened.conversation.is_some() && opened.head().is_none() {
            // A turn has begun between the two reads, and the messages are those of before.
            true => Ok(Opened { recent: newest().await?, ..opened }),
            false => Ok(opened),
        }
    }

    async fn reply(&self, turn: &TurnKey) -> Result<Option<Written>, StoreError> {
        let prefix = format!("MSG#{}#", turn.message_id);
        let pages = self.newest_first(&turn.user_id, &turn.conversation_id, &prefix).into_paginator().items().send();
        let items: Vec<Item> = pages.collect::<Result<_, _>>().await.map_err(unavailable)?;
        Ok(assemble(items)?.pop())
    }

    async fn begin_turn(&self, turn: &NewTurn) -> Result<(), StoreError> {
        let items = self.beginning(turn)?;
        let written = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        written.map(drop).map_err(|error| refused(error, turn.admission.is_some()))
    }

    async fn save_segment(&self, turn: &TurnKey, lease: &Lease, number: u32, parts: &[Part]) -> Result<(), StoreError> {
        self.put(write(&SegmentItem::new(turn, lease.attempt, number, parts))?).await
    }

    async fn save_turn(&self, save: Save<'_>) -> Result<Signals, StoreError> {
        let item = match self.save(save)?.send().await {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) => written_before(error, save.lease, save.status())?,
        };
        let item: OwnerItem = read(item)?;
        Ok(Signals { stop_requested: item.stop_requested, subscribers: item.subscribers() })
    }

    async fn take_over(&self, turn: &TurnKey, seen: &Lease, lease: &Lease) -> Result<Vec<Subscriber>, StoreError> {
        match self.pass_on(turn, seen, lease)?.send().await {
            Ok(before) => Ok(read::<OwnerItem>(before.attributes.unwrap_or_default())?.subscribers()),
            Err(error) => unmet(error).and(Err(StoreError::NotOwner)),
        }
    }

    async fn close_abandoned(&self, turn: &TurnKey, seen: &Lease) -> Result<Vec<Subscriber>, StoreError> {
        match self.close(turn, seen)?.send().await {
            Ok(before) => Ok(read::<OwnerItem>(before.attributes.unwrap_or_default())?.subscribers()),
            Err(error) => unmet(error).and(Err(StoreError::NotOwner)),
        }
    }

    async fn mark_told(&self, turn: &TurnKey, missed: bool) -> Result<(), StoreError> {
        let mark = self
            .update_turn(turn)?
            .condition_expression("#status <> :streaming")
            .update_expression("SET missed = :missed REMOVE due, due_at")
            .expression_attribute_values(":missed", AttributeValue::Bool(missed));
        met(mark.send().await.map(drop)).map(drop)
    }

    async fn due_turns(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError> {
        Ok(self.due(Due::Turn, now, limit).await?.iter().filter_map(Key::to_turn).collect())
    }

    async fn turn_of_request(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
    ) -> Result<Option<TurnKey>, StoreError> {
        let item = self.get(Key::request(user, connection, request)).await?;
        item.map(|item| read::<RequestItem>(item).map(|request| request.into_turn(user))).transpose()
    }

    async fn request_stop(&self, turn: &TurnKey) -> Result<bool, StoreError> {
        let stop = self
            .update_turn(turn)?
            .condition_expression("#status = :streaming")
            .update_expression("SET stop_requested = :true")
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        met(stop.send().await.map(drop))
    }

    async fn subscribe(&self, turn: &TurnKey, subscriber: &Subscriber, now: Timestamp) -> Result<bool, StoreError> {
        // The request first, so that an abort that comes right behind finds the turn.
        self.put(write(&RequestItem::new(turn, subscriber, now))?).await?;
        let join = self
            .update_turn(turn)?
            .condition_expression("#status = :streaming AND lease.expires_at > :now")
            .update_expression("ADD subscribers :subscriber")
            .expression_attribute_values(":now", value(now)?)
            .expression_attribute_values(":subscriber", AttributeValue::Ss(vec![subscriber_to_text(subscriber)]));
        met(join.send().await.map(drop))
    }
}

impl DynamoStore {
    pub(super) fn newest_first(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        prefix: &str,
    ) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(messages_of(user, conversation)))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
            .scan_index_forward(false)
            .consistent_read(true)
    }
}

// Messages from items, newest first: each message is followed by its segments.
fn assemble(items: Vec<Item>) -> Result<Vec<Written>, StoreError> {
    let mut messages: Vec<(MessageItem, Vec<SegmentItem>)> = Vec::new();
    for item in items {
        let is_message = item.contains_key("id");
        match messages.last_mut() {
            _ if is_message => messages.push((read(item)?, Vec::new())),
            Some((_, segments)) => segments.push(read(item)?),
            // Segments are never read without their message, which comes before them.
            None => {}
        }
    }
    Ok(messages.into_iter().map(|(message, segments)| message.assemble(segments)).collect())
}
