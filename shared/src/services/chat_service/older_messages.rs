//! Messages that a turn refers to and that are not recent: one that is edited long after, a branch that is gone on with, or
//! what was said before a branch that began long after it.

use super::ChatService;
use crate::conversation::{ConversationId, Message, MessageId, Tip, UserId};
use crate::db::{ConversationSnapshot, HistoryPosition, StoreError, StoredMessage};
use crate::turn::{Intent, Opening, Parent, TurnKey};

/// How often what comes before a branch is read on. In a conversation that branches at each message a window is not filled.
const MAX_READS: usize = 8;

impl ChatService {
    /// The conversation with each message that the client names, and with the nearest of those that it shows before its new one.
    /// Nothing more is read where those are recent.
    pub(super) async fn with_named(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        opening: &Opening,
        snapshot: ConversationSnapshot,
    ) -> Result<ConversationSnapshot, StoreError> {
        let mut snapshot = self.with_question(snapshot).await?;
        if snapshot.conversation.is_none() {
            return Ok(snapshot);
        }
        // The id of a new message is looked up only where it is one of ours: such a message has been read from the server.
        let sent = Some(&opening.client_id).filter(|id| id.is_ours());
        for named in opening.named().chain(sent) {
            self.add_named(user, conversation, named, &mut snapshot.recent).await?;
        }
        match (&opening.intent, snapshot.reply_to_sent.clone()) {
            // The message before the beginning is the eldest of those that begin the conversation anew.
            (Intent::Submit { parent: Some(Parent::Nothing), .. }, _) => {
                let newest = snapshot.recent.first().map(|newest| Tip::At(newest.message.id.clone()));
                if let Some(tip) = newest {
                    let first = self.history.read_on(user, conversation, &HistoryPosition::Oldest, &tip, 1).await?;
                    merge(&mut snapshot.recent, first.into_messages());
                }
            }
            // A message of long ago is to be answered again.
            (Intent::Regenerate { reply: None }, Some(reply)) => {
                self.add_named(user, conversation, &reply, &mut snapshot.recent).await?;
            }
            _ => {}
        }
        for replay in &opening.shown_before {
            if self.add_named(user, conversation, replay, &mut snapshot.recent).await? {
                break;
            }
        }
        Ok(snapshot)
    }

    /// Reads on from `recent` what was said before its part of the branch that ends with `last`, until a prompt takes no more.
    /// Returns whether anything was read.
    pub(super) async fn read_window(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        last: Option<&MessageId>,
        recent: &mut Vec<StoredMessage>,
    ) -> Result<bool, StoreError> {
        for reads in 0..MAX_READS {
            let (in_branch, missing) = read_of_branch(recent, last);
            let Some(missing) = missing.filter(|_| self.memory.has_room_behind(&in_branch)) else {
                return Ok(reads > 0);
            };
            let at = HistoryPosition::Message(missing.clone());
            let before = self.history.read_back(user, conversation, &at, None, self.memory.items_to_read()).await?;
            merge(recent, before.into_messages());
            if !recent.iter().any(|stored| stored.message.id == missing) {
                return Ok(true);
            }
        }
        Ok(true)
    }

    /// The conversation with the message that is answered at its head: the segments of a long reply may be all that was read.
    pub(super) async fn with_question(
        &self,
        mut snapshot: ConversationSnapshot,
    ) -> Result<ConversationSnapshot, StoreError> {
        let [StoredMessage { message: reply, .. }] = &snapshot.recent[..] else { return Ok(snapshot) };
        if let Some(question) = reply.parent_id.clone() {
            let key = TurnKey {
                user_id: reply.user_id.clone(),
                conversation_id: reply.conversation_id.clone(),
                message_id: question,
            };
            snapshot.recent.extend(self.store.reply(&key).await?);
        }
        Ok(snapshot)
    }

    // Returns whether the message is there.
    async fn add_named(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        named: &MessageId,
        recent: &mut Vec<StoredMessage>,
    ) -> Result<bool, StoreError> {
        let is_there = |recent: &[StoredMessage]| recent.iter().any(|stored| stored.message.is_named(named));
        if is_there(recent) {
            return Ok(true);
        }
        let ours = match named.is_ours() {
            true => Some(named.clone()),
            // By a client's own id the reply is found, which comes right behind its message.
            false => self.store.newest_reply_to(user, conversation, named).await?,
        };
        let Some(ours) = ours else { return Ok(false) };
        // With the message that was the next in time: if it follows the same one, it is the eldest of its siblings.
        let (at, after) = (HistoryPosition::Message(ours.clone()), HistoryPosition::After(ours.clone()));
        let items = self.memory.items_to_read();
        let tip = recent.first().map_or_else(|| Tip::At(ours.clone()), |newest| Tip::At(newest.message.id.clone()));
        let (before, next) = futures::try_join!(
            self.history.read_back(user, conversation, &at, None, items),
            self.history.read_on(user, conversation, &after, &tip, 1)
        )?;
        merge(recent, next.into_messages());
        merge(recent, before.into_messages());
        Ok(is_there(recent))
    }
}

// Of a message that was read twice the first copy stays: the other may lack its beginning.
fn merge(recent: &mut Vec<StoredMessage>, older: Vec<StoredMessage>) {
    recent.extend(older);
    recent.sort_by(|one, other| other.message.id.cmp(&one.message.id));
    recent.dedup_by(|one, other| one.message.id == other.message.id);
}

// As much of the branch that ends with `last` as is there, newest first, and the message that is missing before it.
fn read_of_branch<'a>(recent: &'a [StoredMessage], last: Option<&MessageId>) -> (Vec<&'a Message>, Option<MessageId>) {
    let mut branch = Vec::new();
    let mut next = last;
    while let Some(id) = next {
        let Some(found) = recent.iter().find(|stored| stored.message.id == *id) else {
            return (branch, Some(id.clone()));
        };
        branch.push(&found.message);
        // A parent comes before what follows it: whatever is stored, the way ends.
        next = found.message.parent_id.as_ref().filter(|parent| *parent < id);
    }
    (branch, None)
}
