//! Turns, from their start to the delivery of their end.

use std::collections::BTreeMap;

use async_trait::async_trait;
use natter::conversation::{
    ConnectionId, Conversation, ConversationId, Entry, Message, MessageId, RequestId, Timestamp, UserId, size_of,
};
use natter::db::{
    ConversationSnapshot, MAX_SUBSCRIBERS, NewTurn, REORDER_WINDOW, RequestRecord, Save, SentMessage, Signals,
    StoreError, StoredMessage, Subscription, TurnStore,
};
use natter::turn::{Lease, Subscriber, TurnKey};

use super::{Delayed, DelayedWrite, MemoryStore, Stored};

#[async_trait]
impl TurnStore for MemoryStore {
    async fn open(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        sent: Option<&SentMessage>,
        limit: usize,
    ) -> Result<ConversationSnapshot, StoreError> {
        let state = self.lock();
        let of_conversation = |written: &StoredMessage| {
            written.message.user_id == *user && written.message.conversation_id == *conversation
        };
        let newest_first = state.messages.values().rev().map(Stored::read);
        Ok(ConversationSnapshot {
            is_deleted: state.deleted.contains_key(&(user.clone(), conversation.clone())),
            conversation: state.conversations.get(&(user.clone(), conversation.clone())).cloned(),
            reply_to_sent: sent
                .and_then(|sent| state.sent.get(&(user.clone(), conversation.clone(), name_of(sent))).cloned()),
            recent: newest_first.filter(of_conversation).take(limit).collect(),
        })
    }

    async fn reply(&self, turn: &TurnKey) -> Result<Option<StoredMessage>, StoreError> {
        Ok(self.lock().turn(turn).map(|stored| stored.read()))
    }

    async fn begin_turn(&self, turn: &NewTurn) -> Result<(), StoreError> {
        let mut state = self.lock();
        let (user, conversation) = (turn.reply.user_id.clone(), turn.reply.conversation_id.clone());
        let request = (user.clone(), turn.subscriber.connection.clone(), turn.subscriber.request.clone());
        let is_expected = match state.requests.get(&request) {
            None => !turn.stopped_in_advance,
            Some(known) => turn.stopped_in_advance && *known == RequestRecord::StoppedInAdvance,
        };
        if !is_expected {
            return Err(StoreError::Duplicate);
        }
        let head = state.conversations.get(&(user.clone(), conversation.clone())).cloned();
        if state.deleted.contains_key(&(user.clone(), conversation.clone())) {
            return Err(StoreError::Stale);
        }
        if head.as_ref().map(|head| head.version) != turn.conversation.as_ref().map(|head| head.version) {
            return Err(StoreError::Stale);
        }
        let key = |message_id: &MessageId| TurnKey {
            user_id: user.clone(),
            conversation_id: conversation.clone(),
            message_id: message_id.clone(),
        };
        if turn.closed.as_ref().is_some_and(|closed| state.turn(&key(closed)).is_some_and(|turn| turn.is_streaming())) {
            return Err(StoreError::Stale);
        }
        let sent = turn.sent.as_ref().map(|sent| (user.clone(), conversation.clone(), name_of(sent)));
        if sent.as_ref().is_some_and(|sent| state.sent.contains_key(sent)) {
            return Err(StoreError::Repeated);
        }
        if let Some(admission) = &turn.admission {
            state.admit(&user, admission)?;
        }
        if let Some(sent) = sent {
            state.sent.insert(sent, turn.reply.id.clone());
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
        let stored = |message: Message, lease: Option<&Lease>, subscribers| Stored {
            content: (1, 0, message.entries.clone()),
            written: StoredMessage {
                message,
                lease: lease.cloned(),
                ending: None,
                stop_requested: lease.is_some() && turn.stopped_in_advance,
                subscribers,
                is_due: lease.is_some(),
                missed: false,
                prompt_tokens: if lease.is_some() { turn.prompt_tokens } else { 0 },
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
        let taken = RequestRecord::Taken { turn: key(&turn.reply.id), fingerprint: Some(turn.fingerprint.clone()) };
        state.requests.insert(request, taken);
        state.conversations.insert((user, conversation), head);
        Ok(())
    }

    async fn save_segment(
        &self,
        turn: &TurnKey,
        lease: &Lease,
        number: u32,
        entries: &[Entry],
    ) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.bytes_saved += size_of(entries);
        if state.delays() {
            let write = DelayedWrite::Segment { number, entries: entries.to_vec() };
            state.delayed.push(Delayed { turn: turn.clone(), lease: lease.clone(), write });
            return Err(StoreError::Unavailable("no answer".to_owned()));
        }
        state.put_segment(turn, lease, number, entries)
    }

    async fn withdraw(&self, _: &TurnKey) -> Result<(), StoreError> {
        // Segments are part of their message here.
        Ok(())
    }

    async fn save_turn(&self, save: Save<'_>) -> Result<Signals, StoreError> {
        let mut state = self.lock();
        state.bytes_saved += save.content.map_or(0, |content| size_of(content.tail));
        if state.delays() {
            let content = save.content.map(|content| (content.segments, content.tail.to_vec()));
            let write = DelayedWrite::Save { content, ending: save.ending };
            state.delayed.push(Delayed { turn: save.turn.clone(), lease: save.lease.clone(), write });
            return Err(StoreError::Unavailable("no answer".to_owned()));
        }
        state.save(save)
    }

    async fn take_over(&self, turn: &TurnKey, seen: &Lease, lease: &Lease) -> Result<Vec<Subscriber>, StoreError> {
        let mut state = self.lock();
        let stored = state.turn(turn).filter(|stored| stored.is_written_under(seen) || stored.is_written_under(lease));
        let stored = stored.ok_or(StoreError::LeaseLost)?;
        stored.written.lease = Some(lease.clone());
        Ok(stored.written.subscribers.clone())
    }

    async fn close_abandoned(&self, turn: &TurnKey, seen: &Lease, closer: &str) -> Result<Vec<Subscriber>, StoreError> {
        let mut state = self.lock();
        let stored = state.turn(turn).ok_or(StoreError::LeaseLost)?;
        let is_closed = stored.written.lease.as_ref().is_some_and(|lease| lease.owner == closer);
        if !is_closed && !stored.is_written_under(seen) {
            return Err(StoreError::LeaseLost);
        }
        let orphaned = stored.written.subscribers.clone();
        if !is_closed {
            state.close(turn, closer);
        }
        Ok(orphaned)
    }

    async fn mark_delivered(&self, turn: &TurnKey, missed: bool) -> Result<(), StoreError> {
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

    async fn request(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
    ) -> Result<Option<RequestRecord>, StoreError> {
        Ok(self.lock().requests.get(&(user.clone(), connection.clone(), request.clone())).cloned())
    }

    async fn stop_in_advance(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        request: &RequestId,
        _: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let request = (user.clone(), connection.clone(), request.clone());
        let known = state.requests.entry(request).or_insert(RequestRecord::StoppedInAdvance);
        Ok(*known == RequestRecord::StoppedInAdvance)
    }

    async fn turn_of_message(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        message: &SentMessage,
    ) -> Result<Option<TurnKey>, StoreError> {
        let sent = (user.clone(), conversation.clone(), name_of(message));
        let key = |message_id: &MessageId| TurnKey {
            user_id: user.clone(),
            conversation_id: conversation.clone(),
            message_id: message_id.clone(),
        };
        Ok(self.lock().sent.get(&sent).map(key))
    }

    async fn newest_reply_to(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        client_id: &MessageId,
    ) -> Result<Option<MessageId>, StoreError> {
        let state = self.lock();
        let is_named = |sent: &&(UserId, ConversationId, String)| {
            (&sent.0, &sent.1) == (user, conversation) && sent.2.starts_with(&format!("{client_id}#"))
        };
        Ok(state.sent.iter().filter(|(sent, _)| is_named(sent)).map(|(_, reply)| reply.clone()).max())
    }

    async fn request_stop(&self, turn: &TurnKey) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let running = state.turn(turn).filter(|stored| stored.is_streaming());
        Ok(running.map(|stored| stored.written.stop_requested = true).is_some())
    }

    async fn subscribe(
        &self,
        turn: &TurnKey,
        subscriber: &Subscriber,
        now: Timestamp,
    ) -> Result<Subscription, StoreError> {
        let mut state = self.lock();
        let request = (turn.user_id.clone(), subscriber.connection.clone(), subscriber.request.clone());
        // One that started the turn and is redelivered keeps its record.
        if !matches!(state.requests.get(&request), Some(RequestRecord::Taken { fingerprint: Some(_), .. })) {
            state.subscribed.entry(request.clone()).or_insert((turn.clone(), now));
            let taken = RequestRecord::Taken { turn: turn.clone(), fingerprint: None };
            if state.requests.insert(request, taken) == Some(RequestRecord::StoppedInAdvance) {
                return Ok(Subscription::Stopped);
            }
        }
        let lease_is_good =
            |stored: &&mut Stored| stored.written.lease.as_ref().is_some_and(|lease| lease.expires_at > now);
        let Some(stored) = state.turn(turn).filter(|stored| stored.is_streaming()).filter(lease_is_good) else {
            return Ok(Subscription::NotRunning);
        };
        let subscribers = &mut stored.written.subscribers;
        if !subscribers.contains(subscriber) {
            if subscribers.len() >= MAX_SUBSCRIBERS {
                return Ok(Subscription::Full);
            }
            subscribers.push(subscriber.clone());
        }
        Ok(Subscription::Following)
    }

    async fn release(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let own = (turn.user_id.clone(), subscriber.connection.clone(), subscriber.request.clone());
        state.release.insert(own.clone());
        let subscribed_at = state.subscribed.get(&own).map(|(_, at)| *at);
        let mut others = state.subscribed.iter().filter(|(request, (followed, _))| {
            (&request.0, &request.1, followed) == (&own.0, &own.1, turn) && !state.release.contains(request)
        });
        Ok(others.any(|(_, (_, at))| Some(*at + REORDER_WINDOW) > subscribed_at))
    }

    async fn unsubscribe(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<(), StoreError> {
        if let Some(stored) = self.lock().turn(turn) {
            stored.written.subscribers.retain(|known| known != subscriber);
        }
        Ok(())
    }
}

fn name_of(message: &SentMessage) -> String {
    format!("{}#{}", message.client_id, message.digest)
}
