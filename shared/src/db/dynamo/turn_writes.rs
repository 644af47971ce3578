//! The conditional writes of a turn.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::super::content::Content;
use super::super::conversation_items::BranchItem;
use super::super::items::{Item, MessageItem, RequestItem, value, write};
use super::super::keys::Key;
use super::super::store::{NewTurn, Save, StoreError};
use super::DynamoStore;
use super::errors::malformed;
use crate::turn::{Ending, Lease, Status, TurnKey};

/// The turn is written by this owner and by no other.
const WRITTEN_BY_OWNER: &str = "lease.#owner = :owner AND #status = :streaming";

/// The turn has not ended, and nobody has prolonged its lease since it was read.
const UNCHANGED: &str = "#status = :streaming AND lease = :seen";

impl DynamoStore {
    /// What a turn begins with: the request first, by whose refusal a repetition is known, and the allowance last.
    pub(super) fn beginning(&self, turn: &NewTurn) -> Result<Vec<TransactWriteItem>, StoreError> {
        let reply = &turn.reply;
        let key = TurnKey {
            user_id: reply.user_id.clone(),
            conversation_id: reply.conversation_id.clone(),
            message_id: reply.id.clone(),
        };
        let request = RequestItem::new(&key, &turn.subscriber, reply.created_at);
        let mut items = vec![
            self.put_once(write(&request)?)?,
            self.move_head(turn)?,
            self.put_once(write(&MessageItem::reply(reply, &turn.lease, &turn.subscriber))?)?,
        ];
        if let Some(question) = &turn.question {
            items.push(self.put_once(write(&MessageItem::question(question))?)?);
        }
        if let Some(branch) = &turn.branch {
            items.push(self.put_once(write(&BranchItem::new(&key, branch))?)?);
        }
        if let Some(admission) = &turn.admission {
            items.push(self.admit(&reply.user_id, admission, reply.created_at)?);
        }
        Ok(items)
    }

    pub(super) fn put_once(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build().map_err(malformed)?;
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
        let stored = Content::from(save.tail);
        let mut set = "SET content = :content, segment_count = :segments, lease = :lease, #status = :status".to_owned();
        let mut remove = Vec::new();
        let mut update = self
            .update_turn(save.turn)?
            .condition_expression(WRITTEN_BY_OWNER)
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", AttributeValue::S(save.lease.owner.clone()))
            .expression_attribute_values(":status", value(save.status())?)
            .expression_attribute_values(":lease", value(save.lease)?)
            .expression_attribute_values(":segments", value(save.segments)?)
            .expression_attribute_values(":content", AttributeValue::S(stored.content))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match stored.parts {
            None => remove.push("parts"),
            Some(parts) => {
                set.push_str(", parts = :parts");
                update = update.expression_attribute_values(":parts", value(parts)?);
            }
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
            .return_values(ReturnValue::AllOld))
    }

    /// Ends the turn as interrupted.
    pub(super) fn close(&self, turn: &TurnKey, seen: &Lease) -> Result<UpdateItemFluentBuilder, StoreError> {
        Ok(self
            .update_turn(turn)?
            .condition_expression(UNCHANGED)
            .update_expression("SET #status = :interrupted")
            .expression_attribute_values(":seen", value(seen)?)
            .expression_attribute_values(":interrupted", value(Status::Interrupted)?)
            .return_values(ReturnValue::AllOld))
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
