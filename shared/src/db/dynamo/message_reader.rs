//! [`MessageReader`] on DynamoDB.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

use super::super::error::StoreError;
use super::super::message_reader::{HistoryPosition, MessageReader, Piece, PieceName, Pieces};
use super::super::models::{Counted, Key, MessageItem, SegmentItem, messages_of};
use super::super::stored_message::StoredMessage;
use super::DynamoStore;
use super::errors::unavailable;
use super::item::{Item, read};
use crate::conversation::{ConversationId, MessageId, Tip, UserId};

/// Sort keys before and after everything that is stored of messages. Ids are visible ASCII, which '~' ends, and those
/// of messages do not begin with it.
const OLDEST: &str = "MSG#";
const NEWEST: &str = "MSG#~";

/// The messages of a conversation.
struct Messages<'a> {
    store: &'a DynamoStore,
    user: &'a UserId,
    conversation: &'a ConversationId,
}

/// A message whose pieces are being read; `None` if only segments are left of it.
struct Current {
    id: MessageId,
    message: Option<(Counted, Arc<StoredMessage>)>,
}

#[async_trait]
impl MessageReader for DynamoStore {
    async fn read_backwards(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &HistoryPosition,
        oldest: Option<&MessageId>,
        limit: usize,
    ) -> Result<Pieces, StoreError> {
        let messages = Messages { store: self, user, conversation };
        let oldest = oldest.map_or_else(|| OLDEST.to_owned(), before);
        let query = messages.between(oldest, messages.sort_key(from), from, limit);
        let (items, next) = all(query.map(|query| query.scan_index_forward(false))).await?;
        // A message comes before its segments, unless reading begins among them.
        let mut current = match from {
            HistoryPosition::Piece(message, _) | HistoryPosition::Past(message, _) => {
                Some(messages.current(message).await?)
            }
            _ => None,
        };
        let mut pieces = Vec::new();
        for (id, name, item) in items {
            if name == PieceName::tail() {
                let (message, tail) = Current::at_tail(id, item);
                current = Some(message);
                pieces.extend(tail);
            } else if let Some(current) = current.as_ref().filter(|current| current.id == id) {
                pieces.extend(current.segment(name, item));
            }
        }
        Ok(Pieces { pieces, next })
    }

    async fn read_forwards(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &HistoryPosition,
        tip: &Tip,
        limit: usize,
    ) -> Result<Pieces, StoreError> {
        let messages = Messages { store: self, user, conversation };
        let newest = match tip {
            Tip::At(message) => Key::message(user, conversation, message).sk,
            Tip::Before(message) => before(message),
        };
        let (items, next) = all(messages.between(messages.sort_key(from), newest, from, limit)).await?;
        let mut current: Option<Current> = None;
        let mut pieces = Vec::new();
        for (id, name, item) in items {
            if name == PieceName::tail() {
                pieces.extend(Current::at_tail(id, item).1);
                continue;
            }
            // A message comes after its segments here, and says which of them count.
            let known = match current.take().filter(|current| current.id == id) {
                Some(known) => known,
                None => messages.current(&id).await?,
            };
            pieces.extend(current.insert(known).segment(name, item));
        }
        Ok(Pieces { pieces, next })
    }
}

impl Messages<'_> {
    async fn current(&self, id: &MessageId) -> Result<Current, StoreError> {
        let item = self.store.get(Key::message(self.user, self.conversation, id)).await?;
        let message = item.and_then(|item| readable::<MessageItem>(id, item));
        let message = message.map(|message| (message.counted(), Arc::new(message.into_stored().0)));
        Ok(Current { id: id.clone(), message })
    }

    fn sort_key(&self, position: &HistoryPosition) -> String {
        match position {
            HistoryPosition::Oldest => OLDEST.to_owned(),
            HistoryPosition::Newest => NEWEST.to_owned(),
            HistoryPosition::Before(message) => before(message),
            HistoryPosition::After(message) => format!("MSG#{message}#~~"),
            HistoryPosition::Message(message) => Key::message(self.user, self.conversation, message).sk,
            HistoryPosition::Piece(message, name) | HistoryPosition::Past(message, name) => {
                self.piece(message, name).sk
            }
        }
    }

    fn piece(&self, message: &MessageId, name: &PieceName) -> Key {
        Key::piece(self.user, self.conversation, message, name)
    }

    // `None` if the range is empty: DynamoDB rejects bounds in the wrong order.
    fn between(
        &self,
        oldest: String,
        newest: String,
        from: &HistoryPosition,
        limit: usize,
    ) -> Option<QueryFluentBuilder> {
        let past = match from {
            HistoryPosition::Past(message, name) => Some(self.piece(message, name).into_item()),
            _ => None,
        };
        (oldest <= newest).then(|| {
            self.store
                .client
                .query()
                .table_name(&self.store.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :oldest AND :newest")
                .expression_attribute_values(":pk", AttributeValue::S(messages_of(self.user, self.conversation)))
                .expression_attribute_values(":oldest", AttributeValue::S(oldest))
                .expression_attribute_values(":newest", AttributeValue::S(newest))
                .consistent_read(true)
                .set_exclusive_start_key(past)
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
        })
    }
}

impl Current {
    // The message of this item, and the piece after its segments.
    fn at_tail(id: MessageId, item: Item) -> (Self, Option<Piece>) {
        let Some(message) = readable::<MessageItem>(&id, item) else { return (Self { id, message: None }, None) };
        let counted = message.counted();
        let (of, entries) = message.into_stored();
        let of = Arc::new(of);
        let tail = Piece { of: Arc::clone(&of), name: PieceName::tail(), entries };
        (Self { id, message: Some((counted, of)) }, Some(tail))
    }

    // `None` for a segment that does not count.
    fn segment(&self, name: PieceName, item: Item) -> Option<Piece> {
        let (counted, of) = self.message.as_ref()?;
        let segment = readable(&self.id, item).filter(|segment| counted.holds(segment))?;
        Some(Piece { of: Arc::clone(of), name, entries: segment.content.into_entries(&of.message.id) })
    }
}

fn before(message: &MessageId) -> String {
    format!("MSG#{message}#")
}

// An item that cannot be read does not hide what is stored around it.
fn readable<T: for<'a> Deserialize<'a>>(message: &MessageId, item: Item) -> Option<T> {
    let item = read(item).ok();
    if item.is_none() {
        tracing::error!(%message, "reading a stored message item failed; skipping it");
    }
    item
}

// The items that a query finds, each with its piece, and where to read on.
async fn all(
    query: Option<QueryFluentBuilder>,
) -> Result<(Vec<(MessageId, PieceName, Item)>, Option<HistoryPosition>), StoreError> {
    let Some(query) = query else { return Ok((Vec::new(), None)) };
    let answer = query.send().await.map_err(unavailable)?;
    let named = |item| Key::piece_of(&item).map(|(message, name)| (message, name, item));
    let items = answer.items.unwrap_or_default().into_iter().filter_map(named).collect();
    let last = answer.last_evaluated_key.as_ref().and_then(Key::piece_of);
    Ok((items, last.map(|(message, name)| HistoryPosition::Past(message, name))))
}

/// Assembles messages from items, newest first: each message is followed by its segments.
pub(super) fn assemble(items: Vec<Item>) -> Result<Vec<StoredMessage>, StoreError> {
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
