//! [`TurnStore`] on DynamoDB.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::super::error::StoreError;
use super::super::models::{ConversationItem, Due, Key, OwnerItem, SegmentItem, SentItem, messages_of, outputs_of};
use super::super::request_store::SentMessage;
use super::super::stored_message::{ConversationSnapshot, StoredMessage};
use super::super::turn_store::{Answers, ClosedWait, Delivered, NewTurn, Save, Signals, TurnStore};
use super::DynamoStore;
use super::errors::{is_unmet, met, passed_before, unavailable, written_before};
use super::item::{Item, read, value, write};
use super::message_reader::assemble;
use super::turn_transaction::{Action, refused};
use crate::conversation::{ConversationId, Entry, Timestamp, UserId};
use crate::turn::{Lease, Subscriber, TurnKey};

#[async_trait]
impl TurnStore for DynamoStore {
    async fn open(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        sent: Option<&SentMessage>,
        limit: usize,
    ) -> Result<ConversationSnapshot, StoreError> {
        let newest = || async {
            let query = self.newest_first(user, conversation, "MSG#").limit(i32::try_from(limit).unwrap_or(i32::MAX));
            let answer = query.send().await.map_err(unavailable)?;
            assemble(answer.items.unwrap_or_default())
        };
        let sent = sent.map(|sent| Key::sent_message(user, conversation, sent));
        let ((head, sent), recent) =
            futures::try_join!(self.get_with(Key::conversation(user, conversation), sent), newest())?;
        let head = head.map(read::<ConversationItem>).transpose()?.map(ConversationItem::into_conversation);
        let opened = ConversationSnapshot {
            is_deleted: head == Some(None),
            conversation: head.flatten(),
            reply_to_sent: sent.map(read::<SentItem>).transpose()?.map(SentItem::into_reply),
            recent,
        };
        match opened.conversation.is_some() && opened.head().is_none() {
            // A turn started between the two reads, and the messages are older than the head.
            true => Ok(ConversationSnapshot { recent: newest().await?, ..opened }),
            false => Ok(opened),
        }
    }

    async fn reply(&self, turn: &TurnKey) -> Result<Option<StoredMessage>, StoreError> {
        let prefix = format!("MSG#{}#", turn.message_id);
        let pages = self.newest_first(&turn.user_id, &turn.conversation_id, &prefix).into_paginator().items().send();
        let items: Vec<Item> = pages.collect::<Result<_, _>>().await.map_err(unavailable)?;
        Ok(assemble(items)?.pop())
    }

    async fn begin_turn(&self, turn: &NewTurn) -> Result<(), StoreError> {
        let (actions, items): (Vec<Action>, _) = self.beginning(turn)?.into_iter().unzip();
        let written = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        written.map(drop).map_err(|error| refused(error, &actions))
    }

    async fn save_segment(
        &self,
        turn: &TurnKey,
        lease: &Lease,
        number: u32,
        entries: &[Entry],
    ) -> Result<(), StoreError> {
        let segment = SegmentItem::new(turn, lease.attempt, number, entries);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write(&segment)?))
            .condition_expression("attribute_not_exists(pk) OR #bytes <= :bytes")
            .expression_attribute_names("#bytes", "bytes")
            .expression_attribute_values(":bytes", value(segment.bytes)?);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if is_unmet(&error) => Err(StoreError::LeaseLost),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn withdraw(&self, turn: &TurnKey) -> Result<(), StoreError> {
        if self.get(Key::turn(turn)).await?.is_some() {
            return Ok(());
        }
        let segments = self
            .keys("pk = :pk AND begins_with(sk, :segments)")
            .expression_attribute_values(":pk", AttributeValue::S(messages_of(&turn.user_id, &turn.conversation_id)))
            .expression_attribute_values(":segments", AttributeValue::S(format!("MSG#{}#", turn.message_id)));
        self.remove(segments, |_| true).await?;
        let outputs = self
            .keys("pk = :pk AND begins_with(sk, :outputs)")
            .expression_attribute_values(":pk", AttributeValue::S(messages_of(&turn.user_id, &turn.conversation_id)))
            .expression_attribute_values(":outputs", AttributeValue::S(outputs_of(&turn.message_id)));
        self.remove(outputs, |_| true).await
    }

    async fn save_turn(&self, save: Save<'_>) -> Result<Signals, StoreError> {
        let item = match self.save(save)?.send().await {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) => written_before(error, save.lease, save.status())?,
        };
        let item: OwnerItem = read(item)?;
        Ok(Signals { stop_requested: item.stop_requested, subscribers: Some(item.subscribers()) })
    }

    async fn take_over(&self, turn: &TurnKey, seen: &Lease, lease: &Lease) -> Result<Vec<Subscriber>, StoreError> {
        let item = match self.pass_on(turn, seen, lease)?.send().await {
            Ok(before) => before.attributes.unwrap_or_default(),
            Err(error) => passed_before(error, &lease.owner)?,
        };
        Ok(read::<OwnerItem>(item)?.subscribers())
    }

    async fn close_abandoned(
        &self,
        turn: &TurnKey,
        seen: &Lease,
        closer: &str,
        entries: &[Entry],
    ) -> Result<Vec<Subscriber>, StoreError> {
        let item = match self.close(turn, seen, closer, entries)?.send().await {
            Ok(before) => before.attributes.unwrap_or_default(),
            Err(error) => passed_before(error, closer)?,
        };
        Ok(read::<OwnerItem>(item)?.subscribers())
    }

    async fn mark_delivered(&self, delivered: Delivered<'_>) -> Result<(), StoreError> {
        if let Some(until) = delivered.waits_until {
            match self.transact(self.delivered_wait(&delivered, until)?).await {
                // It goes on already, has been ended, or the conversation was deleted.
                Err(StoreError::Stale) => {}
                marked => return marked,
            }
        }
        met(self.delivered(delivered)?.send().await.map(drop)).map(drop)
    }

    async fn answer(&self, answers: Answers<'_>) -> Result<(), StoreError> {
        let (actions, items): (Vec<Action>, _) = self.answering(&answers)?.into_iter().unzip();
        let written = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        written.map(drop).map_err(|error| refused(error, &actions))
    }

    async fn close_waiting(&self, turn: &TurnKey, closed: &ClosedWait) -> Result<(), StoreError> {
        self.transact(self.expire_wait(turn, closed)?).await
    }

    async fn due_turns(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError> {
        Ok(self.due(Due::Turn, now, limit).await?.iter().filter_map(Key::to_turn).collect())
    }

    async fn request_stop(&self, turn: &TurnKey) -> Result<bool, StoreError> {
        let stop = self
            .update_turn(turn)?
            .condition_expression("#status = :streaming")
            .update_expression("SET stop_requested = :true")
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        met(stop.send().await.map(drop))
    }
}
