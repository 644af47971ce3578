//! The conditional writes of a turn.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::super::error::StoreError;
use super::super::models::{BranchItem, Content, Key, MessageItem, RequestItem, SentItem, subscriber_to_text};
use super::super::turn_store::{NewTurn, Save, SavedContent};
use super::DynamoStore;
use super::errors::malformed;
use super::item::{Item, value, write};
use crate::conversation::Status;
use crate::turn::{Ending, Lease, TurnKey};

/// The turn is written by this owner and by no other, who has not saved it later than this.
const WRITTEN_BY_OWNER: &str = "lease.#owner = :owner AND #status = :streaming \
     AND (attribute_not_exists(lease.renewals) OR lease.renewals < :renewals)";

/// The turn has not ended, and nobody has renewed its lease since it was read.
const UNCHANGED: &str = "#status = :streaming AND lease = :seen";

/// What one action of the transaction that begins a turn is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// The record of the request.
    Request,
    /// The record of the message, by which it is known when it is sent again.
    Sent,
    /// The head, the messages, the branch, and the turn before, which was closed.
    Conversation,
    /// What the user has used.
    Allowance,
}

impl DynamoStore {
    /// What a turn begins with.
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
            let closed = TurnKey { message_id: message_id.clone(), ..key };
            actions.push((Action::Conversation, self.has_ended(&closed)?));
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
                 created_at = if_not_exists(created_at, :now), first_words = if_not_exists(first_words, :words)",
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

    /// A save by the owner. The same write ends the turn.
    pub(super) fn save(&self, save: Save<'_>) -> Result<UpdateItemFluentBuilder, StoreError> {
        let mut set = "SET lease = :lease, #status = :status".to_owned();
        let (mut remove, mut delete) = (Vec::new(), "");
        let mut update = self
            .update_turn(save.turn)?
            .condition_expression(WRITTEN_BY_OWNER)
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", AttributeValue::S(save.lease.owner.clone()))
            .expression_attribute_values(":status", value(save.status())?)
            .expression_attribute_values(":renewals", value(save.lease.renewals)?)
            .expression_attribute_values(":lease", value(save.lease)?)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some(SavedContent { segments, tail }) = save.content {
            let stored = Content::from(tail);
            set.push_str(", content = :content, segment_count = :segments, content_attempt = :attempt");
            update = update
                .expression_attribute_values(":content", AttributeValue::S(stored.content))
                .expression_attribute_values(":segments", value(segments)?)
                .expression_attribute_values(":attempt", value(save.lease.attempt)?);
            match stored.parts {
                None => remove.push("parts"),
                Some(parts) => {
                    set.push_str(", parts = :parts");
                    update = update.expression_attribute_values(":parts", value(parts)?);
                }
            }
        }
        if !save.dismissed.is_empty() {
            let dismissed = save.dismissed.iter().map(subscriber_to_text).collect();
            delete = " DELETE subscribers :dismissed";
            update = update.expression_attribute_values(":dismissed", AttributeValue::Ss(dismissed));
        }
        if let Some(model) = save.model {
            set.push_str(", model = :model");
            update = update.expression_attribute_values(":model", AttributeValue::S(model.to_owned()));
        }
        if let Some(usage) = save.usage {
            set.push_str(", #usage = :usage");
            update = update
                .expression_attribute_names("#usage", "usage")
                .expression_attribute_values(":usage", value(usage)?);
        }
        if let Some(cost) = save.cost {
            set.push_str(", cost = :cost");
            update = update.expression_attribute_values(":cost", value(cost)?);
        }
        if let Some(timings) = save.timings {
            set.push_str(", timings = :timings");
            update = update.expression_attribute_values(":timings", value(timings)?);
        }
        match save.ending {
            Some(Ending::Complete(reason)) => {
                set.push_str(", finish_reason = :reason");
                update = update.expression_attribute_values(":reason", value(reason)?);
            }
            Some(Ending::Failed(code)) => {
                set.push_str(", #error = :error");
                update = update
                    .expression_attribute_names("#error", "error")
                    .expression_attribute_values(":error", value(code)?);
            }
            Some(Ending::Stopped | Ending::Interrupted) | None => {}
        }
        if !remove.is_empty() {
            set.push_str(&format!(" REMOVE {}", remove.join(", ")));
        }
        set.push_str(delete);
        Ok(update.update_expression(set))
    }

    /// Gives the turn to another owner. Those who followed the one before stay on record until they are told.
    pub(super) fn pass_on(
        &self,
        turn: &TurnKey,
        seen: &Lease,
        lease: &Lease,
    ) -> Result<UpdateItemFluentBuilder, StoreError> {
        Ok(self
            .update_turn(turn)?
            .condition_expression(UNCHANGED)
            .update_expression("SET lease = :lease")
            .expression_attribute_values(":seen", value(seen)?)
            .expression_attribute_values(":lease", value(lease)?)
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    /// Ends the turn as interrupted, in the name of `closer`.
    pub(super) fn close(
        &self,
        turn: &TurnKey,
        seen: &Lease,
        closer: &str,
    ) -> Result<UpdateItemFluentBuilder, StoreError> {
        Ok(self
            .update_turn(turn)?
            .condition_expression(UNCHANGED)
            .update_expression("SET #status = :interrupted, lease.#owner = :closer")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":seen", value(seen)?)
            .expression_attribute_values(":closer", AttributeValue::S(closer.to_owned()))
            .expression_attribute_values(":interrupted", value(Status::Interrupted)?)
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    // The turn has ended, which is for good.
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

    /// An update of a reply whose condition names its status.
    pub(super) fn update_turn(&self, turn: &TurnKey) -> Result<UpdateItemFluentBuilder, StoreError> {
        Ok(self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::turn(turn).into_item()))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":streaming", value(Status::Streaming)?))
    }
}
