//! [`AllowanceStore`] on DynamoDB, and the write that admits a run.
//!
//! Only an admission changes the version on which admissions are conditional. The end of a run changes other
//! attributes, so it never conflicts with one that is about to start.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::super::allowance_store::AllowanceStore;
use super::super::error::StoreError;
use super::super::models::{Key, spending_of};
use super::DynamoStore;
use super::errors::{malformed, met, unavailable};
use super::item::{read, value, write};
use crate::allowance::{Admission, Allowance, RunId, TurnUsage};
use crate::conversation::{Day, Timestamp, UserId};

/// How long the item of an inactive user is kept, and the spending of a day.
const LIFETIME: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// What a user has used.
#[derive(Serialize, Deserialize)]
struct AllowanceItem {
    #[serde(flatten)]
    key: Key,
    version: u64,
    on_day: Day,
    messages: u64,
    tokens: u64,
    dollars: f64,
    // The attribute keeps its first name.
    #[serde(rename = "refilled_at")]
    theoretical_arrival: Timestamp,
    unsettled: BTreeMap<RunId, Timestamp>,
    expires_at: u64,
}

/// A shard of a day's spending.
#[derive(Deserialize)]
struct SpendingItem {
    dollars: f64,
}

#[async_trait]
impl AllowanceStore for DynamoStore {
    async fn allowance(&self, user: &UserId) -> Result<Allowance, StoreError> {
        let item = self.get(Key::allowance(user)).await?.map(read::<AllowanceItem>).transpose()?;
        Ok(item.map(Allowance::from).unwrap_or_default())
    }

    async fn settle(&self, user: &UserId, run: &RunId, spent: TurnUsage) -> Result<bool, StoreError> {
        let settle = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::allowance(user).into_item()))
            .condition_expression("attribute_exists(unsettled.#run)")
            .update_expression("ADD tokens :tokens, dollars :dollars REMOVE unsettled.#run")
            .expression_attribute_names("#run", run.as_str())
            .expression_attribute_values(":tokens", value(spent.tokens)?)
            .expression_attribute_values(":dollars", value(spent.dollars)?);
        met(settle.send().await.map(drop))
    }

    async fn charge(&self, user: &UserId, spent: TurnUsage) -> Result<(), StoreError> {
        let charge = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::allowance(user).into_item()))
            .condition_expression("attribute_exists(pk)")
            .update_expression("ADD tokens :tokens, dollars :dollars")
            .expression_attribute_values(":tokens", value(spent.tokens)?)
            .expression_attribute_values(":dollars", value(spent.dollars)?);
        met(charge.send().await.map(drop)).map(drop)
    }

    async fn spending(&self, day: Day) -> Result<f64, StoreError> {
        let shares = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :day")
            .expression_attribute_values(":day", AttributeValue::S(spending_of(day)));
        let shares = shares.send().await.map_err(unavailable)?.items.unwrap_or_default();
        shares.into_iter().map(|share| read::<SpendingItem>(share).map(|share| share.dollars)).sum()
    }

    async fn add_spending(&self, day: Day, run: &RunId, dollars: f64) -> Result<(), StoreError> {
        let add = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::spending(day, run).into_item()))
            .update_expression("SET expires_at = :expires ADD dollars :dollars")
            .expression_attribute_values(":expires", value((day.end() + LIFETIME).seconds())?)
            .expression_attribute_values(":dollars", value(dollars)?);
        add.send().await.map(drop).map_err(unavailable)
    }
}

impl DynamoStore {
    /// Adds a run that starts `now` to the user's allowance, if it has not changed since it was read.
    pub(super) fn admit(
        &self,
        user: &UserId,
        Admission { before, after }: &Admission,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let expires_at = (now + LIFETIME).seconds();
        if before.version == 0 {
            return self.put_once(write(&AllowanceItem::new(user, after, expires_at))?);
        }
        let begun = after.unsettled.iter().filter(|(run, _)| !before.unsettled.contains_key(run));
        let forgotten = before.unsettled.keys().filter(|run| !after.unsettled.contains_key(run));
        let mut set = vec![
            "version = :next, on_day = :day, messages = :messages, refilled_at = :refilled, expires_at = :expires"
                .to_owned(),
        ];
        let mut remove = Vec::new();
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::allowance(user).into_item()))
            .condition_expression("version = :read")
            .expression_attribute_values(":read", value(before.version)?)
            .expression_attribute_values(":next", value(after.version)?)
            .expression_attribute_values(":day", value(after.day)?)
            .expression_attribute_values(":messages", value(after.messages)?)
            .expression_attribute_values(":refilled", value(after.theoretical_arrival)?)
            .expression_attribute_values(":expires", value(expires_at)?);
        if after.day != before.day {
            set.push("tokens = :zero, dollars = :zero".to_owned());
            update = update.expression_attribute_values(":zero", value(0)?);
        }
        for (number, (run, since)) in begun.enumerate() {
            set.push(format!("unsettled.#begun{number} = :begun{number}"));
            update = update
                .expression_attribute_names(format!("#begun{number}"), run.as_str())
                .expression_attribute_values(format!(":begun{number}"), value(since)?);
        }
        for (number, run) in forgotten.enumerate() {
            remove.push(format!("unsettled.#forgotten{number}"));
            update = update.expression_attribute_names(format!("#forgotten{number}"), run.as_str());
        }
        let mut expression = format!("SET {}", set.join(", "));
        if !remove.is_empty() {
            expression.push_str(&format!(" REMOVE {}", remove.join(", ")));
        }
        let update = update.update_expression(expression).build().map_err(malformed)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

impl AllowanceItem {
    fn new(user: &UserId, allowance: &Allowance, expires_at: u64) -> Self {
        let Allowance { version, day, messages, tokens, dollars, theoretical_arrival, unsettled } = allowance.clone();
        let key = Key::allowance(user);
        Self { key, version, on_day: day, messages, tokens, dollars, theoretical_arrival, unsettled, expires_at }
    }
}

impl From<AllowanceItem> for Allowance {
    fn from(item: AllowanceItem) -> Self {
        let AllowanceItem { version, on_day: day, messages, tokens, dollars, theoretical_arrival, unsettled, .. } =
            item;
        Self { version, day, messages, tokens, dollars, theoretical_arrival, unsettled }
    }
}
