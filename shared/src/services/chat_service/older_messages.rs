//! Messages that a turn refers to and that are not recent: one that is edited long after, a branch that is gone on with, or
//! what was said before a branch that began long after it.

use super::ChatService;
use crate::conversation::{ConversationId, MessageId, Tip, UserId};
use crate::db::{Opened, Place, StoreError, Written};
use crate::turn::{Opening, TurnKey};

impl ChatService {
    /// The conversation with what comes before each message that the client names and that is not recent, and before the
    /// branch in which the turn is. Nothing is read when the conversation is not branched, and all that is named recent.
    pub(super) async fn with_older(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        opening: &Opening,
        opened: Opened,
    ) -> Result<Opened, StoreError> {
        let mut opened = self.with_question(opened).await?;
        let is_recent = |name: &MessageId| opened.recent.iter().any(|written| written.message.is_named(name));
        // Of a message that was named by a client only the recent ones are known.
        let older: Vec<MessageId> =
            opening.names().filter(|name| name.is_ours() && !is_recent(name)).cloned().collect();
        if opened.conversation.is_some() {
            for named in older {
                self.add_older(user, conversation, &named, &mut opened.recent).await?;
            }
            if let Some(before) = before_branch(opening, &opened) {
                self.add_older(user, conversation, &before, &mut opened.recent).await?;
            }
        }
        Ok(opened)
    }

    /// The conversation with the message that is answered at its head: the segments of a long reply may be all that was read.
    pub(super) async fn with_question(&self, mut opened: Opened) -> Result<Opened, StoreError> {
        let [Written { message: reply, .. }] = &opened.recent[..] else { return Ok(opened) };
        if let Some(question) = reply.parent_id.clone() {
            let key = TurnKey {
                user_id: reply.user_id.clone(),
                conversation_id: reply.conversation_id.clone(),
                message_id: question,
            };
            opened.recent.extend(self.store.reply(&key).await?);
        }
        Ok(opened)
    }

    async fn add_older(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        named: &MessageId,
        recent: &mut Vec<Written>,
    ) -> Result<(), StoreError> {
        let Some(oldest) = recent.last().map(|written| written.message.id.clone()) else { return Ok(()) };
        let (at, after) = (Place::Message(named.clone()), Place::After(named.clone()));
        let tip = Tip::At(oldest.clone());
        let items = self.memory.items_to_read();
        let (before, next) = futures::try_join!(
            self.history.read_back(user, conversation, &at, None, items),
            self.history.read_on(user, conversation, &after, &tip, 1)
        )?;
        let older = next.into_messages().into_iter().chain(before.into_messages());
        recent.extend(older.filter(|written| written.message.id < oldest));
        recent.sort_by(|one, other| other.message.id.cmp(&one.message.id));
        recent.dedup_by(|one, other| one.message.id == other.message.id);
        Ok(())
    }
}

// The message before the recent part of the branch in which the turn is, if others lie between them in time.
fn before_branch(opening: &Opening, opened: &Opened) -> Option<MessageId> {
    let find =
        |id: &MessageId| opened.recent.iter().map(|written| &written.message).find(|message| message.is_named(id));
    let mut first = opening.names().find_map(find).or_else(|| find(&opened.conversation.as_ref()?.head_message_id))?;
    while let Some(parent) = first.parent_id.as_ref().and_then(find) {
        first = parent;
    }
    let is_oldest = opened.recent.last().is_some_and(|written| written.message.id == first.id);
    first.parent_id.clone().filter(|_| !is_oldest)
}
