//! [`RequestStore`] on DynamoDB.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::super::error::StoreError;
use super::super::models::{
    Key, OwnerItem, RequestItem, SentItem, messages_of, request_expiry, sent_as, subscriber_to_text,
};
use super::super::request_store::{
    MAX_SUBSCRIBERS, REORDER_WINDOW, RequestRecord, RequestStore, SentMessage, Subscription,
};
use super::DynamoStore;
use super::errors::{is_unmet, met, unavailable, unmet};
use super::item::{Item, read, value, write};
use crate::conversation::{ConnectionId, ConversationId, MessageId, RequestId, Status, Timestamp, UserId};
use crate::turn::{Subscriber, TurnKey};

/// With how many texts a client's message is looked up. Clients that edit it more often name it by its newest id.
const MAX_TEXTS: i32 = 100;

#[async_trait]
impl RequestStore for DynamoStore {
    async fn request(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
    ) -> Result<Option<RequestRecord>, StoreError> {
        let item = self.get(Key::request(user, connection, request)).await?;
        item.map(|item| read::<RequestItem>(item).map(|item| item.into_record(user))).transpose()
    }

    async fn stop_in_advance(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let stopped = RequestItem::stopped(Key::request(user, connection, request), now);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(write(&stopped)?));
        match put.condition_expression("attribute_not_exists(message_id)").send().await {
            Ok(_) => Ok(true),
            Err(error) if is_unmet(&error) => Ok(false),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn turn_of_message(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        message: &SentMessage,
    ) -> Result<Option<TurnKey>, StoreError> {
        let item = self.get(Key::sent_message(user, conversation, message)).await?;
        let reply = item.map(read::<SentItem>).transpose()?.map(SentItem::into_reply);
        let key = |message_id| TurnKey { user_id: user.clone(), conversation_id: conversation.clone(), message_id };
        Ok(reply.map(key))
    }

    async fn newest_reply_to(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        client_id: &MessageId,
    ) -> Result<Option<MessageId>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sent)")
            .expression_attribute_values(":pk", AttributeValue::S(messages_of(user, conversation)))
            .expression_attribute_values(":sent", AttributeValue::S(sent_as(client_id)))
            .consistent_read(true)
            .limit(MAX_TEXTS);
        let items = query.send().await.map_err(unavailable)?.items.unwrap_or_default();
        let replies = items.into_iter().map(|item| read::<SentItem>(item).map(SentItem::into_reply));
        // Ids sort by time.
        replies.collect::<Result<Vec<_>, _>>().map(|replies| replies.into_iter().max())
    }

    async fn subscribe(
        &self,
        turn: &TurnKey,
        subscriber: &Subscriber,
        now: Timestamp,
    ) -> Result<Subscription, StoreError> {
        // The request first, so that an abort right after it finds the turn. One that came before it is recorded there.
        if self.take_request(turn, subscriber, now).await? {
            return Ok(Subscription::Stopped);
        }
        let text = subscriber_to_text(subscriber);
        let join = self
            .update_turn(turn)?
            .update_expression("ADD subscribers :subscriber")
            .condition_expression(
                "#status = :streaming AND lease.expires_at > :now \
                 AND (attribute_not_exists(subscribers) OR size(subscribers) < :most OR contains(subscribers, :one))",
            )
            .expression_attribute_values(":now", value(now)?)
            .expression_attribute_values(":most", value(MAX_SUBSCRIBERS)?)
            .expression_attribute_values(":one", AttributeValue::S(text.clone()))
            .expression_attribute_values(":subscriber", AttributeValue::Ss(vec![text]))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = join.send().await else { return Ok(Subscription::Subscribed) };
        let Some(item) = unmet(error)? else { return Ok(Subscription::NotRunning) };
        let found: OwnerItem = read(item)?;
        let runs = found.status == Status::Streaming && found.lease.is_some_and(|lease| lease.expires_at > now);
        Ok(if runs { Subscription::Full } else { Subscription::NotRunning })
    }

    async fn release(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<bool, StoreError> {
        let Subscriber { connection, request } = subscriber;
        let own = Key::request(&turn.user_id, connection, request);
        // First, so that of two concurrent releases each sees the other.
        let mark = self
            .update(own.clone())
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET has_let_go = :true")
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        met(mark.send().await.map(drop))?;
        let requests = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :requests)")
            // One that started the turn and is redelivered replaces nothing.
            .filter_expression(
                "message_id = :message AND attribute_exists(subscribed_at) AND attribute_not_exists(fingerprint)",
            )
            .expression_attribute_values(":pk", AttributeValue::S(format!("USER#{}", turn.user_id)))
            .expression_attribute_values(":requests", AttributeValue::S(format!("REQ#{connection}#")))
            .expression_attribute_values(":message", value(&turn.message_id)?)
            .consistent_read(true);
        let items: Vec<Item> =
            requests.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(unavailable)?;
        let requests: Vec<RequestItem> = items.into_iter().map(read).collect::<Result<_, _>>()?;
        let subscribed_at = requests.iter().find(|request| request.key == own).and_then(|own| own.subscribed_at);
        let others = requests.iter().filter(|request| request.key != own && !request.has_let_go);
        Ok(others.filter_map(|other| other.subscribed_at).any(|at| Some(at + REORDER_WINDOW) > subscribed_at))
    }

    async fn unsubscribe(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<(), StoreError> {
        let leave = self
            .update(Key::turn(turn))
            .condition_expression("attribute_exists(pk)")
            .update_expression("DELETE subscribers :subscriber")
            .expression_attribute_values(":subscriber", AttributeValue::Ss(vec![subscriber_to_text(subscriber)]));
        met(leave.send().await.map(drop)).map(drop)
    }
}

impl DynamoStore {
    // Records that a request subscribed to a turn. Returns whether its stop arrived before it.
    async fn take_request(&self, turn: &TurnKey, subscriber: &Subscriber, now: Timestamp) -> Result<bool, StoreError> {
        let key = Key::request(&turn.user_id, &subscriber.connection, &subscriber.request);
        let take = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .update_expression(
                "SET conversation_id = :conversation, message_id = :message, expires_at = :expires, \
                 subscribed_at = if_not_exists(subscribed_at, :now) REMOVE stop_requested",
            )
            .expression_attribute_values(":now", value(now)?)
            .expression_attribute_values(":conversation", value(&turn.conversation_id)?)
            .expression_attribute_values(":message", value(&turn.message_id)?)
            .expression_attribute_values(":expires", value(request_expiry(now))?)
            .return_values(ReturnValue::AllOld);
        let before = take.send().await.map_err(unavailable)?.attributes.unwrap_or_default();
        Ok(before.contains_key("stop_requested") && !before.contains_key("message_id"))
    }
}
