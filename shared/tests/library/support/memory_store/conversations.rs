//! Operations on conversations.

use std::ops::Bound;

use async_trait::async_trait;
use natter::conversation::{Branches, Conversation, ConversationId, Feedback, MessageId, Timestamp, Tip, UserId};
use natter::db::{
    Activity, ConversationStore, HistoryPosition, LATE_WRITE_WINDOW, Listed, MessageReader, Piece, Pieces,
    RequestRecord, StoreError,
};
use natter::turn::TurnKey;

use super::{Deleted, MemoryStore};

#[async_trait]
impl MessageReader for MemoryStore {
    async fn read_backwards(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &HistoryPosition,
        oldest: Option<&MessageId>,
        limit: usize,
    ) -> Result<Pieces, StoreError> {
        self.pause().await;
        let state = self.lock();
        let [_, newest] = bounds(from);
        let oldest = oldest.map_or(Bound::Unbounded, Bound::Included);
        let pieces = state.pieces(user, conversation, oldest, newest);
        Ok(some(pieces.into_iter().rev(), limit))
    }

    async fn read_forwards(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &HistoryPosition,
        tip: &Tip,
        limit: usize,
    ) -> Result<Pieces, StoreError> {
        self.pause().await;
        let [oldest, _] = bounds(from);
        let newest = match tip {
            Tip::At(message) => Bound::Included(message),
            Tip::Before(message) => Bound::Excluded(message),
        };
        Ok(some(self.lock().pieces(user, conversation, oldest, newest).into_iter(), limit))
    }
}

#[async_trait]
impl ConversationStore for MemoryStore {
    async fn list(&self, user: &UserId, after: Option<&Activity>, limit: usize) -> Result<Listed, StoreError> {
        self.pause().await;
        let state = self.lock();
        let activity = |head: &Conversation| Activity { updated_at: head.updated_at, conversation: head.id.clone() };
        let sorted = |activity: &Activity| (activity.updated_at, activity.conversation.clone());
        let is_behind = |head: &&Conversation| after.is_none_or(|after| sorted(&activity(head)) < sorted(after));
        let of_user = state.conversations.values().filter(|head| head.user_id == *user);
        let mut conversations: Vec<Conversation> = of_user.filter(is_behind).cloned().collect();
        conversations.sort_by_key(|head| std::cmp::Reverse(sorted(&activity(head))));
        conversations.truncate(limit);
        let next = conversations.last().filter(|_| conversations.len() == limit).map(activity);
        Ok(Listed { conversations, next })
    }

    async fn head(&self, user: &UserId, conversation: &ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.pause().await;
        Ok(self.lock().conversations.get(&(user.clone(), conversation.clone())).cloned())
    }

    async fn is_streaming(&self, turn: &TurnKey) -> Result<bool, StoreError> {
        self.pause().await;
        Ok(self.lock().turn(turn).is_some_and(|stored| stored.is_streaming()))
    }

    async fn branches(&self, user: &UserId, conversation: &ConversationId) -> Result<Branches, StoreError> {
        self.pause().await;
        let state = self.lock();
        let ours = state.branches.iter().filter(|(of, within, _)| of == user && within == conversation);
        Ok(ours.map(|(_, _, branch)| branch.clone()).collect())
    }

    async fn give_title(&self, user: &UserId, conversation: &ConversationId, title: &str) -> Result<bool, StoreError> {
        self.pause().await;
        let mut state = self.lock();
        let head = state.conversations.get_mut(&(user.clone(), conversation.clone()));
        let untitled = head.filter(|head| head.title.is_none());
        Ok(untitled.map(|head| head.title = Some(title.to_owned())).is_some())
    }

    async fn set_feedback(
        &self,
        message: &TurnKey,
        feedback: Option<Feedback>,
        _comment: Option<&str>,
    ) -> Result<bool, StoreError> {
        self.pause().await;
        Ok(self.lock().turn(message).map(|stored| stored.written.message.feedback = feedback).is_some())
    }

    async fn rename(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        title: &str,
    ) -> Result<Option<Conversation>, StoreError> {
        self.pause().await;
        let mut state = self.lock();
        let head = state.conversations.get_mut(&(user.clone(), conversation.clone()));
        Ok(head.map(|head| {
            head.title = Some(title.to_owned());
            head.clone()
        }))
    }

    async fn mark_deleted(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        now: Timestamp,
        due_at: Timestamp,
    ) -> Result<Option<TurnKey>, StoreError> {
        self.pause().await;
        let mut state = self.lock();
        let key = (user.clone(), conversation.clone());
        if let Some(head) = state.conversations.remove(&key) {
            let deleted = Deleted { last_turn: head.head_message_id, deleted_at: now, due_at: Some(due_at) };
            state.deleted.insert(key.clone(), deleted);
        }
        Ok(state.deleted.get(&key).map(|deleted| turn_key(&key, &deleted.last_turn)))
    }

    async fn purge_messages(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        except: Option<&MessageId>,
    ) -> Result<(), StoreError> {
        self.pause().await;
        let mut state = self.lock();
        state.messages.retain(|id, stored| {
            let message = &stored.written.message;
            message.user_id != *user || message.conversation_id != *conversation || Some(id) == except
        });
        let is_of_it = |turn: &TurnKey| turn.user_id == *user && turn.conversation_id == *conversation;
        state.requests.retain(|_, record| !matches!(record, RequestRecord::Taken { turn, .. } if is_of_it(turn)));
        state.sent.retain(|(of, within, _), _| of != user || within != conversation);
        state.branches.retain(|(of, within, _)| of != user || within != conversation);
        Ok(())
    }

    async fn due_deletions(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError> {
        self.pause().await;
        let state = self.lock();
        let due = state.deleted.iter().filter(|(_, deleted)| deleted.due_at.is_some_and(|due_at| due_at <= now));
        Ok(due.take(limit).map(|(key, deleted)| turn_key(key, &deleted.last_turn)).collect())
    }

    async fn mark_purged(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.pause().await;
        if let Some(deleted) = self.lock().deleted.get_mut(&(user.clone(), conversation.clone())) {
            let settled_at = deleted.deleted_at + LATE_WRITE_WINDOW;
            deleted.due_at = (settled_at > now).then_some(settled_at);
        }
        Ok(())
    }
}

// What is read on from a place begins with the first bound, and what is read back with the second. Messages are whole here:
// no place is within one.
fn bounds(place: &HistoryPosition) -> [Bound<&MessageId>; 2] {
    match place {
        HistoryPosition::Oldest | HistoryPosition::Newest => [Bound::Unbounded; 2],
        HistoryPosition::Before(message) => [Bound::Included(message), Bound::Excluded(message)],
        HistoryPosition::After(message) => [Bound::Excluded(message), Bound::Included(message)],
        HistoryPosition::Message(message) | HistoryPosition::Piece(message, _) => [Bound::Included(message); 2],
        HistoryPosition::Past(message, _) => [Bound::Excluded(message); 2],
    }
}

fn some(pieces: impl ExactSizeIterator<Item = Piece>, limit: usize) -> Pieces {
    let is_complete = pieces.len() < limit;
    let pieces: Vec<Piece> = pieces.take(limit).collect();
    Pieces { next: pieces.last().filter(|_| !is_complete).map(Piece::position_past), pieces }
}

fn turn_key((user, conversation): &(UserId, ConversationId), message: &MessageId) -> TurnKey {
    TurnKey { user_id: user.clone(), conversation_id: conversation.clone(), message_id: message.clone() }
}
