//! The store on DynamoDB: the only user of its SDK.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::models::{
    ConnectionItem, Content, ConversationItem, Item, Key, MessageItem, OwnerItem, RequestItem, read,
    subscriber_from_text, subscriber_to_text, value, write,
};
use super::store::{NewTurn, Opened, Save, Signals, Store, StoreError, Subscriber, Written};
use crate::conversation::{ConnectionId, ConversationId, RequestId, Timestamp, UserId};
use crate::turn::{Lease, Status, TurnKey};

/// The turn is written by this owner and by no other.
const WRITTEN_BY_OWNER: &str = "lease.#owner = :owner AND #status = :streaming";

/// Conversations in one table of DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoStore {
    client: Client,
    table: String,
}

impl DynamoStore {
    /// A store in `table`, which must have the keys `pk` and `sk`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(answer.item)
    }

    async fn newest_messages(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        limit: usize,
    ) -> Result<Vec<Written>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :messages)")
            .expression_attribute_values(":pk", AttributeValue::S(Key::messages(user, conversation)))
            .expression_attribute_values(":messages", AttributeValue::S("MSG#".to_owned()))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unavailable)?;
        let items = answer.items.unwrap_or_default();
        items.into_iter().map(|item| read::<MessageItem>(item).map(Written::from)).collect()
    }

    // One write for both, since a turn's end is a save that also says how it ended.
    async fn write_reply(&self, save: Save<'_>, status: Status) -> Result<Signals, StoreError> {
        let stored = Content::from(&save.reply.parts[..]);
        let mut update = "SET content = :content, lease = :lease, #status = :status".to_owned();
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::turn(save.turn).into_item()))
            .condition_expression(WRITTEN_BY_OWNER)
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":owner", AttributeValue::S(save.lease.owner.clone()))
            .expression_attribute_values(":streaming", value(Status::Streaming)?)
            .expression_attribute_values(":status", value(status)?)
            .expression_attribute_values(":lease", value(save.lease)?)
            .expression_attribute_values(":content", AttributeValue::S(stored.content))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some(parts) = stored.parts {
            update.push_str(", parts = :parts");
            request = request.expression_attribute_values(":parts", value(parts)?);
        }
        if let Some(usage) = save.reply.usage {
            update.push_str(", #usage = :usage");
            request = request
                .expression_attribute_names("#usage", "usage")
                .expression_attribute_values(":usage", value(usage)?);
        }
        let item = match request.update_expression(update).send().await {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) => written_before(error, save.lease, status)?,
        };
        let item: OwnerItem = read(item)?;
        Ok(Signals {
            stop_requested: item.stop_requested,
            subscribers: item.subscribers.iter().filter_map(|text| subscriber_from_text(text)).collect(),
        })
    }

    fn put(&self, item: Item) -> Result<Put, StoreError> {
        Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .build()
            .map_err(|error| StoreError::Unreadable(error.to_string()))
    }

    fn put_once(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let mut put = self.put(item)?;
        put.condition_expression = Some("attribute_not_exists(pk)".to_owned());
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn move_head(&self, turn: &NewTurn) -> Result<TransactWriteItem, StoreError> {
        let reply = &turn.reply;
        let condition = match turn.conversation {
            Some(_) => "version = :read",
            None => "attribute_not_exists(pk) AND :read = :read",
        };
        let read_version = turn.conversation.as_ref().map_or(0, |conversation| conversation.version);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::conversation(&reply.user_id, &reply.conversation_id).into_item()))
            .condition_expression(condition)
            .update_expression(
                "SET id = :id, user_id = :user, head_message_id = :head, version = :next, updated_at = :now, \
                 created_at = if_not_exists(created_at, :now)",
            )
            .expression_attribute_values(":id", value(&reply.conversation_id)?)
            .expression_attribute_values(":user", value(&reply.user_id)?)
            .expression_attribute_values(":head", value(&reply.id)?)
            .expression_attribute_values(":read", value(read_version)?)
            .expression_attribute_values(":next", value(read_version + 1)?)
            .expression_attribute_values(":now", value(reply.created_at)?)
            .build()
            .map_err(|error| StoreError::Unreadable(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn interrupt(&self, turn: &TurnKey, lease: &Lease) -> Result<Update, StoreError> {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::turn(turn).into_item()))
            .condition_expression("#status = :streaming AND lease = :lease")
            .update_expression("SET #status = :interrupted")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":streaming", value(Status::Streaming)?)
            .expression_attribute_values(":interrupted", value(Status::Interrupted)?)
            .expression_attribute_values(":lease", value(lease)?)
            .build()
            .map_err(|error| StoreError::Unreadable(error.to_string()))
    }
}

#[async_trait]
impl Store for DynamoStore {
    async fn open(&self, user: &UserId, conversation: &ConversationId, limit: usize) -> Result<Opened, StoreError> {
        let head = self.get(Key::conversation(user, conversation));
        let (head, recent) = futures::try_join!(head, self.newest_messages(user, conversation, limit))?;
        Ok(Opened { conversation: head.map(read::<ConversationItem>).transpose()?.map(Into::into), recent })
    }

    async fn begin_turn(&self, turn: &NewTurn) -> Result<(), StoreError> {
        let reply = &turn.reply;
        let key = TurnKey {
            user_id: reply.user_id.clone(),
            conversation_id: reply.conversation_id.clone(),
            message_id: reply.id.clone(),
        };
        let request = RequestItem::new(&key, &turn.subscriber, reply.created_at);
        // The request comes first: `refused` tells a repetition by the place of its reason.
        let mut items = vec![
            self.put_once(write(&request)?)?,
            self.move_head(turn)?,
            self.put_once(write(&MessageItem::new(reply, Some(&turn.lease)))?)?,
        ];
        if let Some(question) = &turn.question {
            items.push(self.put_once(write(&MessageItem::new(question, None))?)?);
        }
        if let Some(abandoned) = &turn.abandoned {
            let key = TurnKey { message_id: abandoned.message_id.clone(), ..key };
            let update = self.interrupt(&key, &abandoned.lease)?;
            items.push(TransactWriteItem::builder().update(update).build());
        }
        let written = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        written.map(drop).map_err(refused)
    }

    async fn save_turn(&self, save: Save<'_>) -> Result<Signals, StoreError> {
        self.write_reply(save, Status::Streaming).await
    }

    async fn end_turn(&self, save: Save<'_>) -> Result<Signals, StoreError> {
        // A reply that is saved for the last time without an end was cut off.
        let status = save.reply.ending.map_or(Status::Interrupted, |ending| ending.status());
        self.write_reply(save, status).await
    }

    async fn reply(&self, turn: &TurnKey) -> Result<Option<Written>, StoreError> {
        let item = self.get(Key::turn(turn)).await?;
        item.map(|item| read::<MessageItem>(item).map(Written::from)).transpose()
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
        let stopped = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::turn(turn).into_item()))
            .condition_expression("#status = :streaming")
            .update_expression("SET stop_requested = :true")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":streaming", value(Status::Streaming)?)
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .send()
            .await;
        met(stopped.map(drop))
    }

    async fn subscribe(&self, turn: &TurnKey, subscriber: &Subscriber, now: Timestamp) -> Result<bool, StoreError> {
        // The request first, so that an abort that comes right behind finds the turn.
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write(&RequestItem::new(turn, subscriber, now))?))
            .send()
            .await
            .map_err(unavailable)?;
        let joined = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::turn(turn).into_item()))
            .condition_expression("#status = :streaming AND lease.expires_at > :now")
            .update_expression("ADD subscribers :subscriber")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":streaming", value(Status::Streaming)?)
            .expression_attribute_values(":now", value(now)?)
            .expression_attribute_values(":subscriber", AttributeValue::Ss(vec![subscriber_to_text(subscriber)]))
            .send()
            .await;
        met(joined.map(drop))
    }

    async fn close_abandoned(&self, turn: &TurnKey, lease: &Lease) -> Result<(), StoreError> {
        let update = self.interrupt(turn, lease)?;
        let closed = self
            .client
            .update_item()
            .table_name(update.table_name)
            .set_key(Some(update.key))
            .set_condition_expression(update.condition_expression)
            .update_expression(update.update_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values)
            .send()
            .await;
        met(closed.map(drop)).map(drop)
    }

    async fn put_connection(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        connected_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let item = ConnectionItem::new(user, connection, connected_at, expires_at);
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(write(&item)?)).send().await;
        put.map(drop).map_err(unavailable)
    }

    async fn delete_connection(&self, user: &UserId, connection: &ConnectionId) -> Result<(), StoreError> {
        let key = Key::connection(user, connection).into_item();
        let delete = self.client.delete_item().table_name(&self.table);
        delete.set_key(Some(key)).send().await.map(drop).map_err(unavailable)
    }
}

fn unavailable<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    StoreError::Unavailable(DisplayErrorContext(error).to_string())
}

// Whether a write's condition was met; other failures stay failures.
fn met(written: Result<(), SdkError<UpdateItemError>>) -> Result<bool, StoreError> {
    match written {
        Ok(()) => Ok(true),
        Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(false),
        Err(error) => Err(unavailable(error)),
    }
}

// A write whose answer was lost is sent again by the SDK and then meets what it wrote itself: that is success.
fn written_before(error: SdkError<UpdateItemError>, lease: &Lease, status: Status) -> Result<Item, StoreError> {
    let SdkError::ServiceError(failure) = &error else {
        return Err(unavailable(error));
    };
    let UpdateItemError::ConditionalCheckFailedException(conflict) = failure.err() else {
        return Err(unavailable(error));
    };
    let item = conflict.item.clone().ok_or(StoreError::NotOwner)?;
    let found: OwnerItem = read(item.clone())?;
    let ours = found.lease.is_some_and(|found| found.owner == lease.owner);
    match ours && found.status == status {
        true => Ok(item),
        false => Err(StoreError::NotOwner),
    }
}

fn refused(error: SdkError<TransactWriteItemsError>) -> StoreError {
    let SdkError::ServiceError(failure) = &error else {
        return unavailable(error);
    };
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = failure.err() else {
        return unavailable(error);
    };
    let codes: Vec<&str> =
        cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or_default()).collect();
    match codes.as_slice() {
        ["ConditionalCheckFailed", ..] => StoreError::Duplicate,
        codes if codes.iter().any(|code| matches!(*code, "ConditionalCheckFailed" | "TransactionConflict")) => {
            StoreError::Stale
        }
        _ => unavailable(error),
    }
}
