//! Messages read piece by piece, back or on.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::super::conversation_store::{Piece, Pieces, Place};
use super::super::items::{Item, MessageItem, SegmentItem, read};
use super::super::keys::{Key, messages_of};
use super::super::store::StoreError;
use super::DynamoStore;
use super::errors::unavailable;
use crate::conversation::{ConversationId, MessageId, UserId};
use crate::turn::TurnKey;

impl DynamoStore {
    pub(super) async fn pieces_back(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &Place,
        oldest: Option<&MessageId>,
        limit: usize,
    ) -> Result<Pieces, StoreError> {
        let Some((newest, mut message)) = self.find(user, conversation, from).await? else {
            return Ok(Pieces { pieces: Vec::new(), is_complete: true });
        };
        let oldest = oldest.map_or_else(|| "MSG#".to_owned(), before);
        let query =
            self.between(user, conversation, oldest, newest, limit).map(|query| query.scan_index_forward(false));
        let (items, is_complete) = all(query).await?;
        let mut pieces = Vec::new();
        for item in items {
            // A message comes before its segments.
            if item.contains_key("id") {
                let item = message.insert(read(item)?);
                pieces.push(tail_of(item));
            } else if let Some(message) = &message {
                pieces.extend(segment_of(message, read(item)?));
            }
        }
        Ok(Pieces { pieces, is_complete })
    }

    pub(super) async fn pieces_on(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &Place,
        newest: &MessageId,
        limit: usize,
    ) -> Result<Pieces, StoreError> {
        let Some((oldest, mut message)) = self.find(user, conversation, from).await? else {
            return Ok(Pieces { pieces: Vec::new(), is_complete: true });
        };
        let newest = Key::message(user, conversation, newest).sk;
        let (items, is_complete) = all(self.between(user, conversation, oldest, newest, limit)).await?;
        let mut pieces = Vec::new();
        for item in items {
            if item.contains_key("id") {
                pieces.push(tail_of(&read(item)?));
                message = None;
                continue;
            }
            // A message comes behind its segments, and says which of them count.
            if message.is_none() {
                message = self.message_of(user, conversation, &item).await?;
            }
            if let Some(message) = &message {
                pieces.extend(segment_of(message, read(item)?));
            }
        }
        Ok(Pieces { pieces, is_complete })
    }

    // The sort key of a place, and the message within which it is. `None` when that is not there.
    async fn find(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        place: &Place,
    ) -> Result<Option<(String, Option<MessageItem>)>, StoreError> {
        Ok(Some(match place {
            // Ids are of visible ASCII, which '~' ends, and those of messages do not begin with it.
            Place::Oldest => ("MSG#".to_owned(), None),
            Place::Newest => ("MSG#~".to_owned(), None),
            Place::Before(message) => (before(message), None),
            Place::After(message) => (format!("MSG#{message}#~~"), None),
            Place::Message(message) => (Key::message(user, conversation, message).sk, None),
            Place::Segment(message, number) => {
                let item = self.get(Key::message(user, conversation, message)).await?;
                let Some(item) = item.map(read::<MessageItem>).transpose()? else { return Ok(None) };
                let turn = TurnKey {
                    user_id: user.clone(),
                    conversation_id: conversation.clone(),
                    message_id: message.clone(),
                };
                (Key::segment(&turn, item.content_attempt().unwrap_or_default(), *number).sk, Some(item))
            }
        }))
    }

    // The message to which a segment belongs.
    async fn message_of(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        segment: &Item,
    ) -> Result<Option<MessageItem>, StoreError> {
        let key: Key = read(segment.clone())?;
        let Some(message) = key.to_segment_message() else { return Ok(None) };
        let item = self.get(Key::message(user, conversation, &message)).await?;
        item.map(read::<MessageItem>).transpose()
    }

    // `None` where there can be nothing: DynamoDB refuses bounds in the wrong order.
    fn between(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        oldest: String,
        newest: String,
        limit: usize,
    ) -> Option<QueryFluentBuilder> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :oldest AND :newest")
            .expression_attribute_values(":pk", AttributeValue::S(messages_of(user, conversation)))
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        (oldest <= newest).then(|| {
            query
                .expression_attribute_values(":oldest", AttributeValue::S(oldest))
                .expression_attribute_values(":newest", AttributeValue::S(newest))
        })
    }
}

fn before(message: &MessageId) -> String {
    format!("MSG#{message}#")
}

// The items that a query finds, and whether they are all.
async fn all(query: Option<QueryFluentBuilder>) -> Result<(Vec<Item>, bool), StoreError> {
    let Some(query) = query else { return Ok((Vec::new(), true)) };
    let answer = query.send().await.map_err(unavailable)?;
    Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key.is_none()))
}

fn tail_of(message: &MessageItem) -> Piece {
    let (of, parts) = message.clone().into_written();
    Piece { of, segments: message.segment_count, segment: None, parts }
}

fn segment_of(message: &MessageItem, segment: SegmentItem) -> Option<Piece> {
    message.counts(&segment).then(|| Piece {
        of: message.clone().into_written().0,
        segments: message.segment_count,
        segment: Some(segment.number),
        parts: segment.content.into(),
    })
}
