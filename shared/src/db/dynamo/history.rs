//! Messages read back piece by piece.

use aws_sdk_dynamodb::types::AttributeValue;

use super::super::conversation_store::{Piece, Place};
use super::super::items::{Item, MessageItem, SegmentItem, read};
use super::super::keys::{Key, messages_of};
use super::super::store::StoreError;
use super::DynamoStore;
use super::errors::unavailable;
use crate::conversation::{ConversationId, MessageId, UserId};
use crate::turn::TurnKey;

impl DynamoStore {
    pub(super) async fn pieces(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &Place,
        oldest: Option<&MessageId>,
        limit: usize,
    ) -> Result<Vec<Piece>, StoreError> {
        let (newest, message) = match from {
            // Ids hold no '~', and no part of a sort key begins with a byte behind it.
            Place::Newest => ("MSG#~".to_owned(), None),
            Place::Before(message) => (format!("MSG#{message}"), None),
            Place::Message(message) => (Key::message(user, conversation, message).sk, None),
            Place::Segment(message, number) => {
                let item = self.get(Key::message(user, conversation, message)).await?;
                let Some(item) = item.map(read::<MessageItem>).transpose()? else { return Ok(Vec::new()) };
                let turn = TurnKey {
                    user_id: user.clone(),
                    conversation_id: conversation.clone(),
                    message_id: message.clone(),
                };
                (Key::segment(&turn, item.attempt().unwrap_or_default(), *number).sk, Some(item))
            }
        };
        let oldest = oldest.map_or_else(|| "MSG#".to_owned(), |message| format!("MSG#{message}#"));
        if newest < oldest {
            return Ok(Vec::new());
        }
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :oldest AND :newest")
            .expression_attribute_values(":pk", AttributeValue::S(messages_of(user, conversation)))
            .expression_attribute_values(":oldest", AttributeValue::S(oldest))
            .expression_attribute_values(":newest", AttributeValue::S(newest))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unavailable)?;
        in_pieces(message, answer.items.unwrap_or_default())
    }
}

// Pieces from items, newest first. What was read first may be segments of `message`, whose own item came before.
fn in_pieces(mut message: Option<MessageItem>, items: Vec<Item>) -> Result<Vec<Piece>, StoreError> {
    let mut pieces = Vec::new();
    for item in items {
        if item.contains_key("id") {
            let item = message.insert(read(item)?);
            let (of, parts) = item.clone().into_written();
            pieces.push(Piece { of, segment: None, segments_before: item.segment_count, parts });
            continue;
        }
        let segment: SegmentItem = read(item)?;
        if let Some(message) = message.as_ref().filter(|message| message.counts(&segment)) {
            pieces.push(Piece {
                of: message.clone().into_written().0,
                segment: Some(segment.number),
                segments_before: segment.number,
                parts: segment.content.into(),
            });
        }
    }
    Ok(pieces)
}
