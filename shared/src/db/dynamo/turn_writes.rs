//! The conditional writes of a running turn.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::super::error::StoreError;
use super::super::models::{Content, Key, added_entries, subscriber_to_text};
use super::super::turn_store::{Delivered, Save, SavedContent};
use super::DynamoStore;
use super::item::value;
use super::waiting_turn::LONGER_LOG;
use crate::conversation::{Entry, Status};
use crate::turn::{Ending, Lease, TurnKey};

/// The turn's lease is held by this owner, who has not made a later save.
const WRITTEN_BY_OWNER: &str = "lease.#owner = :owner AND #status = :streaming \
     AND (attribute_not_exists(lease.renewals) OR lease.renewals < :renewals)";

/// The turn has not ended, and its lease is as it was read.
const UNCHANGED: &str = "#status = :streaming AND lease = :seen";

impl DynamoStore {
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
            match stored.entries {
                None => remove.push("parts"),
                Some(entries) => {
                    set.push_str(", parts = :parts");
                    update = update.expression_attribute_values(":parts", value(entries)?);
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
            Some(Ending::Stopped | Ending::Interrupted | Ending::Waiting) | None => {}
        }
        if !remove.is_empty() {
            set.push_str(&format!(" REMOVE {}", remove.join(", ")));
        }
        set.push_str(delete);
        Ok(update.update_expression(set))
    }

    /// Gives the turn to another owner. The subscribers of the previous one stay recorded until they are notified.
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
        entries: &[Entry],
    ) -> Result<UpdateItemFluentBuilder, StoreError> {
        let mut set = "SET #status = :interrupted, lease.#owner = :closer".to_owned();
        let mut update = self.update_turn(turn)?;
        if !entries.is_empty() {
            set = format!("{set}, {LONGER_LOG}");
            update = update
                .expression_attribute_values(":nothing", AttributeValue::L(Vec::new()))
                .expression_attribute_values(":entries", value(added_entries(entries))?);
        }
        Ok(update
            .condition_expression(UNCHANGED)
            .update_expression(set)
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":seen", value(seen)?)
            .expression_attribute_values(":closer", AttributeValue::S(closer.to_owned()))
            .expression_attribute_values(":interrupted", value(Status::Interrupted)?)
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    /// The mark that the end of a turn is delivered.
    pub(super) fn delivered(&self, delivered: Delivered<'_>) -> Result<UpdateItemFluentBuilder, StoreError> {
        Ok(self
            .update_turn(delivered.turn)?
            // A missing item has no status either, which differs from any.
            .condition_expression("attribute_exists(pk) AND #status <> :streaming AND lease.#owner = :owner")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", AttributeValue::S(delivered.owner.to_owned()))
            .expression_attribute_values(":missed", AttributeValue::Bool(delivered.missed))
            .update_expression("SET missed = :missed REMOVE due, due_at"))
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
