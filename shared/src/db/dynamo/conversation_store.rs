//! [`ConversationStore`] on DynamoDB.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::super::conversation_store::{Activity, ConversationStore, LATE_WRITE_WINDOW, Listed};
use super::super::error::StoreError;
use super::super::models::{BranchItem, ConversationItem, Due, Key, OwnerItem, messages_of};
use super::DynamoStore;
use super::errors::{met, unavailable, unmet};
use super::item::{read, value};
use crate::conversation::{
    Branches, Conversation, ConversationId, Feedback, MessageId, Status, Timestamp, UserId, millis,
};
use crate::turn::TurnKey;

#[async_trait]
impl ConversationStore for DynamoStore {
    async fn list(&self, user: &UserId, after: Option<&Activity>, limit: usize) -> Result<Listed, StoreError> {
        let active = self.newest_activity(user, after, limit).await?;
        let next = active.last().filter(|_| active.len() == limit).cloned();
        let heads = self.heads(user, &active).await?;
        Ok(Listed { conversations: heads, next })
    }

    async fn head(&self, user: &UserId, conversation: &ConversationId) -> Result<Option<Conversation>, StoreError> {
        let item = self.get(Key::conversation(user, conversation)).await?;
        Ok(item.map(read::<ConversationItem>).transpose()?.and_then(ConversationItem::into_conversation))
    }

    async fn is_streaming(&self, turn: &TurnKey) -> Result<bool, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(Key::turn(turn).into_item()))
            .projection_expression("#status")
            .expression_attribute_names("#status", "status")
            .consistent_read(true);
        let item = get.send().await.map_err(unavailable)?.item;
        let status = item.map(read::<OwnerItem>).transpose()?.map(|item| item.status);
        Ok(status == Some(Status::Streaming))
    }

    async fn branches(&self, user: &UserId, conversation: &ConversationId) -> Result<Branches, StoreError> {
        let pages = self.newest_first(user, conversation, "BRANCH#").into_paginator().items().send();
        let items: Vec<_> = pages.collect::<Result<_, _>>().await.map_err(unavailable)?;
        items.into_iter().map(|item| read::<BranchItem>(item).map(Into::into)).collect()
    }

    async fn rename(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        title: &str,
    ) -> Result<Option<Conversation>, StoreError> {
        let rename = self
            .update(Key::conversation(user, conversation))
            // A tombstone has no time of activity.
            .condition_expression("attribute_exists(updated_at)")
            .update_expression("SET title = :title")
            .expression_attribute_values(":title", AttributeValue::S(title.to_owned()))
            .return_values(ReturnValue::AllNew);
        match rename.send().await {
            Ok(renamed) => Ok(read::<ConversationItem>(renamed.attributes.unwrap_or_default())?.into_conversation()),
            Err(error) => unmet(error).map(|_| None),
        }
    }

    async fn give_title(&self, user: &UserId, conversation: &ConversationId, title: &str) -> Result<bool, StoreError> {
        let give = self
            .update(Key::conversation(user, conversation))
            .condition_expression("attribute_exists(updated_at) AND attribute_not_exists(title)")
            .update_expression("SET title = :title")
            .expression_attribute_values(":title", AttributeValue::S(title.to_owned()));
        met(give.send().await.map(drop))
    }

    async fn set_feedback(
        &self,
        message: &TurnKey,
        feedback: Option<Feedback>,
        comment: Option<&str>,
    ) -> Result<bool, StoreError> {
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        let mut update = self.update(Key::turn(message)).condition_expression("attribute_exists(pk)");
        match feedback {
            Some(feedback) => {
                set.push("feedback = :feedback");
                update = update.expression_attribute_values(":feedback", value(feedback)?);
            }
            None => remove.push("feedback"),
        }
        match comment {
            Some(comment) => {
                set.push("feedback_comment = :comment");
                update = update.expression_attribute_values(":comment", AttributeValue::S(comment.to_owned()));
            }
            None => remove.push("feedback_comment"),
        }
        let clause = |verb: &str, what: Vec<&str>| match what.is_empty() {
            true => String::new(),
            false => format!("{verb} {} ", what.join(", ")),
        };
        let expression = clause("SET", set) + &clause("REMOVE", remove);
        met(update.update_expression(expression).send().await.map(drop))
    }

    async fn mark_deleted(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        now: Timestamp,
        due_at: Timestamp,
    ) -> Result<Option<TurnKey>, StoreError> {
        match self.deletion(user, conversation, now, due_at)?.send().await {
            Ok(marked) => self.last_turn(user, marked.attributes.unwrap_or_default()).map(Some),
            // Deleted before, or never there.
            Err(error) => unmet(error)?.map(|item| self.last_turn(user, item)).transpose(),
        }
    }

    async fn purge_messages(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        except: Option<&MessageId>,
    ) -> Result<(), StoreError> {
        let except = except.map(|message| format!("MSG#{message}#"));
        let is_spared = |key: &Key| except.as_ref().is_some_and(|prefix| key.sk.starts_with(prefix));
        let messages = self
            .keys("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(messages_of(user, conversation)));
        self.remove(messages, |key| !is_spared(key)).await?;
        let requests = self
            .keys("pk = :pk AND begins_with(sk, :requests)")
            .expression_attribute_values(":pk", AttributeValue::S(format!("USER#{user}")))
            .expression_attribute_values(":requests", AttributeValue::S("REQ#".to_owned()))
            .filter_expression("conversation_id = :conversation")
            .expression_attribute_values(":conversation", AttributeValue::S(conversation.to_string()));
        self.remove(requests, |_| true).await
    }

    async fn due_deletions(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError> {
        let heads = self.due(Due::Deletion, now, limit).await?;
        let heads = heads.iter().filter_map(Key::to_conversation);
        let last_turns = heads.map(async |(user, conversation)| {
            let item = self.get(Key::conversation(&user, &conversation)).await?;
            item.map(|item| self.last_turn(&user, item)).transpose()
        });
        Ok(futures::future::try_join_all(last_turns).await?.into_iter().flatten().collect())
    }

    async fn mark_purged(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mark = self
            .update(Key::conversation(user, conversation))
            .condition_expression("deleted_at <= :settled")
            .update_expression("REMOVE due, due_at")
            .expression_attribute_values(":settled", value(now - LATE_WRITE_WINDOW)?);
        if met(mark.send().await.map(drop))? {
            return Ok(());
        }
        let again = self
            .update(Key::conversation(user, conversation))
            .condition_expression("attribute_exists(deleted_at)")
            .update_expression("SET due_at = deleted_at + :late")
            .expression_attribute_values(":late", value(millis(LATE_WRITE_WINDOW))?);
        met(again.send().await.map(drop)).map(drop)
    }
}
