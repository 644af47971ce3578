//! The transaction that starts a turn, and what its cancellation means.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, ConditionCheck, Put, TransactWriteItem, Update};

use super::super::error::StoreError;
use super::super::models::{BranchItem, Key, MessageItem, RequestItem, SentItem};
use super::super::turn_store::NewTurn;
use super::DynamoStore;
use super::errors::{malformed, unavailable};
use super::item::{Item, value, write};
use crate::conversation::Status;
use crate::turn::TurnKey;

/// What one action of the transaction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// The record of the request.
    Request,
    /// The record of the sent message.
    Sent,
    /// The head, the messages, the branch, and the previous turn, if it was closed.
    Conversation,
    /// The user's allowance.
    Allowance,
}

impl DynamoStore {
    /// The actions that start a turn.
    pub(super) fn beginning(&self, turn: &NewTurn) -> Result<Vec<(Action, TransactWriteItem)>, StoreError> {
        let reply = &turn.reply;
        let key = TurnKey {
            user_id: reply.user_id.clone(),
            conversation_id: reply.conversation_id.clone(),
            message_id: reply.id.clone(),
        };
        let request = write(&RequestItem::starting(turn))?;
        let request = match turn.stopped_in_advance {
            false => self.put_once(request)?,
            true => self.put_if(request, "attribute_exists(stop_requested) AND attribute_not_exists(message_id)")?,
        };
        let mut actions = vec![
            (Action::Request, request),
            (Action::Conversation, self.move_head(turn)?),
            (Action::Conversation, self.put_once(write(&MessageItem::reply(turn))?)?),
        ];
        if let Some(question) = &turn.question {
            actions.push((Action::Conversation, self.put_once(write(&MessageItem::question(question))?)?));
        }
        if let Some(sent) = &turn.sent {
            actions.push((Action::Sent, self.put_once(write(&SentItem::new(&key, sent))?)?));
        }
        if let Some(branch) = &turn.branch {
            actions.push((Action::Conversation, self.put_once(write(&BranchItem::new(&key, branch))?)?));
        }
        if let Some(message_id) = &turn.closed {
            let closed = TurnKey { message_id: message_id.clone(), ..key.clone() };
            actions.push((Action::Conversation, self.has_ended(&closed)?));
        }
        if let Some(closed) = &turn.closed_wait {
            let waiting = TurnKey { message_id: closed.message_id.clone(), ..key };
            actions.push((Action::Conversation, self.stop_waiting(&waiting, closed)?));
        }
        if let Some(admission) = &turn.admission {
            actions.push((Action::Allowance, self.admit(&reply.user_id, admission, reply.created_at)?));
        }
        Ok(actions)
    }

    pub(super) fn put_once(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        self.put_if(item, "attribute_not_exists(pk)")
    }

    fn put_if(&self, item: Item, condition: &str) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression(condition).build().map_err(malformed)?;
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
                 created_at = if_not_exists(created_at, :now), first_words = if_not_exists(first_words, :words) \
                 REMOVE waits",
            )
            .expression_attribute_values(":words", AttributeValue::S(turn.first_words.clone().unwrap_or_default()))
            .expression_attribute_values(":id", value(&reply.conversation_id)?)
            .expression_attribute_values(":user", value(&reply.user_id)?)
            .expression_attribute_values(":head", value(&reply.id)?)
            .expression_attribute_values(":read", value(read_version)?)
            .expression_attribute_values(":next", value(read_version + 1)?)
            .expression_attribute_values(":now", value(reply.created_at)?)
            .build()
            .map_err(malformed)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    // Checks that the turn has ended, which is final.
    fn has_ended(&self, turn: &TurnKey) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(Key::turn(turn).into_item()))
            .condition_expression("#status <> :streaming")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":streaming", value(Status::Streaming)?)
            .build()
            .map_err(malformed)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// The error for a cancelled transaction with these actions.
pub(super) fn refused(error: SdkError<TransactWriteItemsError>, actions: &[Action]) -> StoreError {
    let Some(codes) = cancelled(&error) else { return unavailable(error) };
    let refused: Vec<Action> = actions
        .iter()
        .zip(&codes)
        .filter(|(_, code)| *code == UNMET || *code == CONFLICT)
        .map(|(action, _)| *action)
        .collect();
    match refused.as_slice() {
        [] => unavailable(error),
        [Action::Request, ..] => StoreError::Duplicate,
        refused if refused.contains(&Action::Conversation) => StoreError::Stale,
        refused if refused.contains(&Action::Sent) => StoreError::Repeated,
        _ => StoreError::AllowanceConflict,
    }
}

/// Whether a transaction was cancelled only because other writes of its items were under way.
pub(super) fn is_only_conflict(error: &SdkError<TransactWriteItemsError>) -> bool {
    let codes = cancelled(error).unwrap_or_default();
    codes.iter().any(|code| code == CONFLICT) && !codes.iter().any(|code| code == UNMET)
}

const UNMET: &str = "ConditionalCheckFailed";
const CONFLICT: &str = "TransactionConflict";

// The cancellation reason of each action, or "None".
fn cancelled(error: &SdkError<TransactWriteItemsError>) -> Option<Vec<String>> {
    let SdkError::ServiceError(failure) = error else { return None };
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = failure.err() else { return None };
    let code = |reason: &CancellationReason| reason.code().unwrap_or_default().to_owned();
    Some(cancelled.cancellation_reasons().iter().map(code).collect())
}
