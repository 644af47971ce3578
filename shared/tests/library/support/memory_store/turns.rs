//! Turns, from their beginning to the telling of their end.

use std::collections::BTreeMap;

use async_trait::async_trait;
use natter::conversation::{
    ConnectionId, Conversation, ConversationId, Part, RequestId, Timestamp, UserId, join_parts,
};
use natter::db::{NewTurn, Opened, Save, Signals, Store, StoreError, Subscriber, Written};
use natter::turn::{Ending, Lease, Status, TurnKey};

use super::{MemoryStore, Stored};

#[async_trait]
impl Store for MemoryStore {
    async fn open(&self, user: &UserId, conversation: &ConversationId, limit: usize) -> Result<Opened, StoreError> {
        let state = self.lock();
        let of_conversation =
            |written: &&Written| written.message.user_id == *user && written.message.conversation_id == *conversation;
        let newest_first = state.messages.values().rev().map(|stored| &stored.written);
        Ok(Opened {
            is_deleted: state.deleted.contains_key(&(user.clone(), conversation.clone())),
            conversation: state.conversations.get(&(user.clone(), conversation.clone())).cloned(),
            recent: newest_first.filter(of_conversation).take(limit).cloned().collect(),
        })
    }

    async fn reply(&self, turn: &TurnKey) -> Result<Option<Written>, StoreError> {
        Ok(self.lock().turn(turn).map(|stored| stored.written.clone()))
    }

    async fn begin_turn(&self, turn: &NewTurn) -> Result<(), StoreError> {
        let mut state = self.lock();
        let (user, conversation) = (turn.reply.user_id.clone(), turn.reply.conversation_id.clone());
        let request = (user.clone(), turn.subscriber.connection.clone(), turn.subscriber.request.clone());
        if state.requests.contains_key(&request) {
            return Err(StoreError::Duplicate);
        }
        let head = state.conversations.get(&(user.clone(), conversation.clone())).cloned();
        if state.deleted.contains_key(&(user.clone(), conversation.clone())) {
            return Err(StoreError::Stale);
        }
        if head.as_ref().map(|head| head.version) != turn.conversation.as_ref().map(|head| head.version) {
            return Err(StoreError::Stale);
        }
        if let Some(admission) = &turn.admission {
            state.admit(&user, admission)?;
        }
        let head = Conversation {
            id: conversation.clone(),
            user_id: user.clone(),
            title: head.as_ref().and_then(|head| head.title.clone()),
            first_words: head.as_ref().map_or(turn.first_words.clone(), |head| head.first_words.clone()),
            head_message_id: turn.reply.id.clone(),
            version: head.as_ref().map_or(0, |head| head.version) + 1,
            created_at: head.as_ref().map_or(turn.reply.created_at, |head| head.created_at),
            updated_at: turn.reply.created_at,
        };
        let stored = |message, lease: Option<&Lease>, subscribers| Stored {
            written: Written {
                message,
                lease: lease.cloned(),
                ending: None,
                stop_requested: false,
                subscribers,
                is_due: lease.is_some(),
                missed: false,
            },
            segments: BTreeMap::new(),
            due_at: lease.map(|lease| lease.expires_at),
        };
        if let Some(question) = &turn.question {
            state.messages.insert(question.id.clone(), stored(question.clone(), None, Vec::new()));
        }
        let reply = stored(turn.reply.clone(), Some(&turn.lease), vec![turn.subscriber.clone()]);
        state.messages.insert(turn.reply.id.clone(), reply);
        if let Some(branch) = &turn.branch {
            state.branches.push((user.clone(), conversation.clone(), branch.clone()));
        }
        let key =
            TurnKey { user_id: user.clone(), conversation_id: conversation.clone(), message_id: turn.reply.id.clone() };
        state.requests.insert(request, key);
        state.conversations.insert((user, conversation), head);
        Ok(())
    }

    async fn save_segment(&self, turn: &TurnKey, lease: &Lease, number: u32, parts: &[Part]) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.bytes_saved += bytes_of(parts);
        if let Some(stored) = state.turn(turn) {
            stored.segments.insert((lease.attempt, number), parts.to_vec());
        }
        Ok(())
    }

    async fn save_turn(&self, save: Save<'_>) -> Result<Signals, StoreError> {
        let mut state = self.lock();
        state.bytes_saved += bytes_of(save.tail);
        let stored = state.turn(save.turn).ok_or(StoreError::NotOwner)?;
        let message = &mut stored.written.message;
        let is_owner = stored.written.lease.as_ref().is_some_and(|lease| lease.owner == save.lease.owner);
        let may_write = message.status == Status::Streaming || message.status == save.status();
        if !is_owner || !may_write {
            return Err(StoreError::NotOwner);
        }
        let signals =
            Signals { stop_requested: stored.written.stop_requested, subscribers: stored.written.subscribers.clone() };
        if message.status == Status::Streaming {
            let attempt = save.lease.attempt;
            let earlier = (0..save.segments).filter_map(|number| stored.segments.get(&(attempt, number)));
            message.parts = join_parts(earlier.flatten().chain(save.tail).cloned());
            message.status = save.status();
            message.model = save.model.map(str::to_owned).or(message.model.take());
            message.usage = save.usage;
            message.cost = save.cost;
            message.timings = save.timings;
            stored.written.lease = Some(save.lease.clone());
            stored.written.ending = save.ending;
            if save.ending.is_some() {
                *state.ends.entry(save.turn.message_id.clone()).or_default() += 1;
            }
        }
        Ok(signals)
    }

    async fn take_over(&self, turn: &TurnKey, seen: &Lease, lease: &Lease) -> Result<Vec<Subscriber>, StoreError> {
        let mut state = self.lock();
        let stored = state.turn(turn).filter(|stored| stored.is_written_under(seen)).ok_or(StoreError::NotOwner)?;
        stored.written.lease = Some(lease.clone());
        Ok(stored.written.subscribers.clone())
    }

    async fn close_abandoned(&self, turn: &TurnKey, seen: &Lease) -> Result<Vec<Subscriber>, StoreError> {
        let mut state = self.lock();
        let stored = state.turn(turn).filter(|stored| stored.is_written_under(seen)).ok_or(StoreError::NotOwner)?;
        stored.written.message.status = Status::Interrupted;
        stored.written.ending = Some(Ending::Interrupted);
        let left_behind = stored.written.subscribers.clone();
        *state.ends.entry(turn.message_id.clone()).or_default() += 1;
        Ok(left_behind)
    }

    async fn mark_told(&self, turn: &TurnKey, missed: bool) -> Result<(), StoreError> {
        if let Some(stored) = self.lock().turn(turn).filter(|stored| !stored.is_streaming()) {
            stored.due_at = None;
            stored.written.is_due = false;
            stored.written.missed = missed;
        }
        Ok(())
    }

    async fn due_turns(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError> {
        let state = self.lock();
        let due = state.messages.values().filter(|stored| stored.due_at.is_some_and(|due| due <= now));
        let key = |stored: &Stored| TurnKey {
            user_id: stored.written.message.user_id.clone(),
            conversation_id: stored.written.message.conversation_id.clone(),
            message_id: stored.written.message.id.clone(),
        };
        Ok(due.take(limit).map(key).collect())
    }

    async fn turn_of_request(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
    ) -> Result<Option<TurnKey>, StoreError> {
        Ok(self.lock().requests.get(&(user.clone(), connection.clone(), request.clone())).cloned())
    }

    async fn request_stop(&self, turn: &TurnKey) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let running = state.turn(turn).filter(|stored| stored.is_streaming());
        Ok(running.map(|stored| stored.written.stop_requested = true).is_some())
    }

    async fn subscribe(&self, turn: &TurnKey, subscriber: &Subscriber, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let request = (turn.user_id.clone(), subscriber.connection.clone(), subscriber.request.clone());
        state.requests.insert(request, turn.clone());
        let lease_is_good =
            |stored: &&mut Stored| stored.written.lease.as_ref().is_some_and(|lease| lease.expires_at > now);
        let Some(stored) = state.turn(turn).filter(|stored| stored.is_streaming()).filter(lease_is_good) else {
            return Ok(false);
        };
        if !stored.written.subscribers.contains(subscriber) {
            stored.written.subscribers.push(subscriber.clone());
        }
        Ok(true)
    }
}

fn bytes_of(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.text().len()).sum()
}
