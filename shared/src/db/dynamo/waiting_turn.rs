//! The conditional writes of a waiting turn.

use std::time::Duration;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use tokio::time::sleep;

use super::super::error::StoreError;
use super::super::models::{Key, RequestItem, added_entries, subscriber_to_text};
use super::super::turn_store::{Answers, ClosedWait, Delivered};
use super::DynamoStore;
use super::errors::{malformed, unavailable};
use super::item::{value, write};
use super::turn_transaction::{Action, is_only_conflict, refused};
use crate::conversation::{Entry, Status, Timestamp};
use crate::turn::{Lease, TurnKey};

/// How often a transaction is tried that conflicts with others, and the pause between.
const MAX_ATTEMPTS: u32 = 5;
const RETRY_PAUSE: Duration = Duration::from_millis(20);

/// What is written behind a log. It ends with an entry that is no text, so its entries are listed.
pub(super) const LONGER_LOG: &str = "parts = list_append(if_not_exists(parts, :nothing), :entries)";

/// The turn waits, and has not got answers since it was read.
const STILL_WAITS: &str = "#status = :waiting AND lease = :seen";

impl DynamoStore {
    /// The actions that store a user's answers.
    pub(super) fn answering(&self, answers: &Answers<'_>) -> Result<Vec<(Action, TransactWriteItem)>, StoreError> {
        let update = self.waiting(answers.turn, answers.seen, answers.entries)?;
        let update = update.expression_attribute_values(":lease", value(answers.lease)?);
        let subscribers = answers.orphaned.iter().chain([answers.subscriber]).map(subscriber_to_text).collect();
        let update = match answers.goes_on {
            false => update.update_expression(format!("SET lease = :lease, {LONGER_LOG}")),
            // The other subscribers of before have got all that there was.
            true => update
                .update_expression(format!(
                    "SET lease = :lease, #status = :streaming, due_at = :due, subscribers = :subscribers, {LONGER_LOG} \
                     REMOVE waits_until, missed, stop_requested"
                ))
                .expression_attribute_values(":streaming", value(Status::Streaming)?)
                .expression_attribute_values(":due", value(answers.lease.expires_at)?)
                .expression_attribute_values(":subscribers", AttributeValue::Ss(subscribers)),
        };
        let mut actions = vec![
            (Action::Request, self.put_once(write(&RequestItem::answering(answers))?)?),
            (Action::Conversation, action(update)?),
        ];
        actions.extend(self.answer_conversation(answers)?.map(|update| (Action::Conversation, update)));
        if let Some(admission) = answers.admission {
            actions.push((Action::Allowance, self.admit(&answers.turn.user_id, admission, answers.now)?));
        }
        Ok(actions)
    }

    /// Writes both, or neither.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the condition of one is not met.
    pub(super) async fn transact(&self, items: [TransactWriteItem; 2]) -> Result<(), StoreError> {
        let mut attempt = 1;
        loop {
            let write = self.client.transact_write_items().set_transact_items(Some(items.to_vec()));
            match write.send().await {
                // Another write of these items was under way, and has decided nothing.
                Err(error) if is_only_conflict(&error) => match attempt < MAX_ATTEMPTS {
                    true => sleep(RETRY_PAUSE * attempt).await,
                    false => return Err(unavailable(error)),
                },
                written => return written.map(drop).map_err(|error| refused(error, &[Action::Conversation; 2])),
            }
            attempt += 1;
        }
    }

    // What of the answers is stored at the conversation.
    fn answer_conversation(&self, answers: &Answers<'_>) -> Result<Option<TransactWriteItem>, StoreError> {
        let update = self.conversation(answers.turn);
        let tools = AttributeValue::Ss(answers.allowed_tools.to_vec());
        let update = match (answers.goes_on, answers.allowed_tools.is_empty()) {
            (false, true) => return Ok(None),
            (true, true) => update.update_expression("SET updated_at = :now REMOVE waits"),
            (false, false) => {
                update.update_expression("ADD allowed_tools :tools").expression_attribute_values(":tools", tools)
            }
            (true, false) => update
                .update_expression("SET updated_at = :now REMOVE waits ADD allowed_tools :tools")
                .expression_attribute_values(":tools", tools),
        };
        // A turn that goes on is activity: the conversation is listed first, and as running.
        let update =
            if answers.goes_on { update.expression_attribute_values(":now", value(answers.now)?) } else { update };
        action(update).map(Some)
    }

    /// The actions that mark the wait of a turn as delivered: it is due again when it has waited too long, and its
    /// conversation is listed as waiting.
    pub(super) fn delivered_wait(
        &self,
        delivered: &Delivered<'_>,
        until: Timestamp,
    ) -> Result<[TransactWriteItem; 2], StoreError> {
        let mark = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::turn(delivered.turn).into_item()))
            .condition_expression("#status = :waiting AND lease.#owner = :owner")
            .update_expression("SET missed = :missed, due_at = :until, waits_until = :until")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":waiting", value(Status::Waiting)?)
            .expression_attribute_values(":owner", AttributeValue::S(delivered.owner.to_owned()))
            .expression_attribute_values(":missed", AttributeValue::Bool(delivered.missed))
            .expression_attribute_values(":until", value(until)?);
        let conversation = self
            .conversation(delivered.turn)
            .update_expression("SET waits = :true")
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        Ok([action(mark)?, action(conversation)?])
    }

    // An update of a conversation that was not deleted.
    fn conversation(&self, turn: &TurnKey) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::conversation(&turn.user_id, &turn.conversation_id).into_item()))
            .condition_expression("attribute_exists(updated_at)")
    }

    /// The actions that end a waiting turn and leave its conversation as it is otherwise.
    pub(super) fn expire_wait(
        &self,
        turn: &TurnKey,
        closed: &ClosedWait,
    ) -> Result<[TransactWriteItem; 2], StoreError> {
        Ok([self.stop_waiting(turn, closed)?, action(self.conversation(turn).update_expression("REMOVE waits"))?])
    }

    /// The action that ends a waiting turn.
    pub(super) fn stop_waiting(&self, turn: &TurnKey, closed: &ClosedWait) -> Result<TransactWriteItem, StoreError> {
        let (remove, condition) = match closed.is_delivered {
            true => (" REMOVE due, due_at, waits_until", STILL_WAITS.to_owned()),
            false => ("", format!("{STILL_WAITS} AND attribute_not_exists(waits_until)")),
        };
        let update = self
            .waiting(turn, &closed.seen, &closed.entries)?
            .condition_expression(condition)
            .update_expression(format!("SET #status = :stopped, {LONGER_LOG}{remove}"))
            .expression_attribute_values(":stopped", value(Status::Stopped)?);
        action(update)
    }

    // An update of a turn that waits, and has not got answers since it was read.
    fn waiting(&self, turn: &TurnKey, seen: &Lease, entries: &[Entry]) -> Result<UpdateBuilder, StoreError> {
        Ok(Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::turn(turn).into_item()))
            .condition_expression(STILL_WAITS)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":waiting", value(Status::Waiting)?)
            .expression_attribute_values(":seen", value(seen)?)
            .expression_attribute_values(":nothing", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":entries", value(added_entries(entries))?))
    }
}

fn action(update: UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().update(update.build().map_err(malformed)?).build())
}
