//! Messages that a turn refers to but that are not recent: one that is edited much later, a branch that is continued,
//! or the context of a branch that began much later.

use super::ChatService;
use crate::conversation::{ConversationId, Message, MessageId, Tip, UserId};
use crate::db::{ConversationSnapshot, HistoryPosition, StoreError, StoredMessage};
use crate::turn::{Intent, Opening, Parent, TurnKey};

/// How many reads the context before a branch may take. In a conversation that branches at every message, the window is
/// not filled.
const MAX_READS: usize = 8;

impl ChatService {
    /// Returns the snapshot with every message that the client names, and the nearest of those it shows before its new
    /// one. Reads nothing more if those are recent.
    pub(super) async fn with_named(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        opening: &Opening,
        snapshot: ConversationSnapshot,
    ) -> Result<ConversationSnapshot, StoreError> {
        // A new message needs the one before it only if that filled the whole read.
        let mut snapshot = if snapshot.recent.len() == 1 { self.with_question(snapshot).await? } else { snapshot };
        if snapshot.conversation.is_none() {
            return Ok(snapshot);
        }
        // The id of a new message is looked up only if it is a server id: such a message has been read from the server.
        let sent = Some(&opening.client_id).filter(|id| id.is_ours());
        for named in opening.named().chain(sent) {
            self.add_named(user, conversation, named, &mut snapshot.recent).await?;
        }
        match (&opening.intent, snapshot.reply_to_sent.clone()) {
            // The conversation's first message is the eldest of those that have no parent.
            (Intent::Submit { parent: Some(Parent::Nothing), .. }, _) => {
                let newest = snapshot.recent.first().map(|newest| Tip::At(newest.message.id.clone()));
                if let Some(tip) = newest {
                    let first =
                        self.history.read_forwards(user, conversation, &HistoryPosition::Oldest, &tip, 1).await?;
                    merge(&mut snapshot.recent, first.into_messages());
                }
            }
            // A message of long ago is to be answered again.
            (Intent::Regenerate { reply: None }, Some(reply)) => {
                self.add_named(user, conversation, &reply, &mut snapshot.recent).await?;
            }
            _ => {}
        }
        for shown in &opening.shown_before {
            if self.add_named(user, conversation, shown, &mut snapshot.recent).await? {
                break;
            }
        }
        Ok(snapshot)
    }

    /// Extends `recent` with the messages before its part of the branch that `question` ends, until the prompt's window
    /// is full.
    pub(super) async fn read_window(
        &self,
        question: &Message,
        recent: &mut Vec<StoredMessage>,
    ) -> Result<(), StoreError> {
        let Message { user_id: user, conversation_id: conversation, parent_id, .. } = question;
        for _ in 0..MAX_READS {
            let (in_branch, missing) = read_of_branch(recent, parent_id.as_ref());
            let Some(missing) = missing.filter(|_| self.memory.has_room_behind(&in_branch)) else { break };
            let at = HistoryPosition::Message(missing.clone());
            let before =
                self.history.read_backwards(user, conversation, &at, None, self.memory.items_to_read()).await?;
            merge(recent, before.into_messages());
            if !recent.iter().any(|stored| stored.message.id == missing) {
                break;
            }
        }
        Ok(())
    }

    /// Returns the snapshot with the message that the head answers, which may not be recent: the segments of a long reply
    /// may have used up the read, and an old message may have been answered again.
    pub(super) async fn with_question(
        &self,
        mut snapshot: ConversationSnapshot,
    ) -> Result<ConversationSnapshot, StoreError> {
        let Some(reply) = snapshot.head().map(|head| &head.message) else { return Ok(snapshot) };
        let Some(question) = reply.parent_id.clone() else { return Ok(snapshot) };
        if snapshot.recent.iter().any(|stored| stored.message.id == question) {
            return Ok(snapshot);
        }
        let (user_id, conversation_id) = (reply.user_id.clone(), reply.conversation_id.clone());
        let question = TurnKey { user_id, conversation_id, message_id: question };
        snapshot.recent.extend(self.store.reply(&question).await?);
        Ok(snapshot)
    }

    // Returns whether the message exists.
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
            // A client's id finds the reply, which comes right after its message.
            false => self.store.newest_reply_to(user, conversation, named).await?,
        };
        let Some(ours) = ours else { return Ok(false) };
        // With the message that came next in time: if it has the same parent, it is the eldest sibling.
        let (at, after) = (HistoryPosition::Message(ours.clone()), HistoryPosition::After(ours.clone()));
        let items = self.memory.items_to_read();
        let tip = recent.first().map_or_else(|| Tip::At(ours.clone()), |newest| Tip::At(newest.message.id.clone()));
        let (before, next) = futures::try_join!(
            self.history.read_backwards(user, conversation, &at, None, items),
            self.history.read_forwards(user, conversation, &after, &tip, 1)
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

// Returns the loaded part of the branch that ends with `last`, newest first, and the first message missing before it.
fn read_of_branch<'a>(recent: &'a [StoredMessage], last: Option<&MessageId>) -> (Vec<&'a Message>, Option<MessageId>) {
    let mut branch = Vec::new();
    let mut next = last;
    while let Some(id) = next {
        let Some(found) = recent.iter().find(|stored| stored.message.id == *id) else {
            return (branch, Some(id.clone()));
        };
        branch.push(&found.message);
        // A parent is older than what follows it, so this terminates whatever is stored.
        next = found.message.parent_id.as_ref().filter(|parent| *parent < id);
    }
    (branch, None)
}
