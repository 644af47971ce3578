//! Turns, from their start to the delivery of their end.

use std::collections::BTreeMap;

use async_trait::async_trait;
use natter::conversation::{
    Conversation, ConversationId, Entry, Message, MessageId, Status, Timestamp, UserId, size_of,
};
use natter::db::{
    Answers, ClosedWait, ConversationSnapshot, Delivered, NewTurn, RequestRecord, Save, SentMessage, Signals,
    StoreError, StoredMessage, TurnStore,
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
        if let Some(closed) = &turn.closed_wait {
            state.waiting(&key(&closed.message_id), &closed.seen)?;
        }
        let sent = turn.sent.as_ref().map(|sent| (user.clone(), conversation.clone(), name_of(sent)));
        if sent.as_ref().is_some_and(|sent| state.sent.contains_key(sent)) {
            return Err(StoreError::Repeated);
        }
        if let Some(admission) = &turn.admission {
            state.admit(&user, admission)?;
        }
        if let Some(closed) = &turn.closed_wait {
            state.stop_waiting(&key(&closed.message_id), closed)?;
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
            waits: false,
            allowed_tools: head.as_ref().map(|head| head.allowed_tools.clone()).unwrap_or_default(),
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
                waits_until: None,
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
        let (saved, time) = {
            let mut state = self.lock();
            state.bytes_saved += save.content.map_or(0, |content| size_of(content.tail));
            if state.delays() {
                let content = save.content.map(|content| (content.segments, content.tail.to_vec()));
                let write = DelayedWrite::Save { content, ending: save.ending };
                state.delayed.push(Delayed { turn: save.turn.clone(), lease: save.lease.clone(), write });
                return Err(StoreError::Unavailable("no answer".to_owned()));
            }
            (state.save(save), state.save_time)
        };
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
        saved
    }

    async fn take_over(&self, turn: &TurnKey, seen: &Lease, lease: &Lease) -> Result<Vec<Subscriber>, StoreError> {
        let mut state = self.lock();
        let stored = state.turn(turn).filter(|stored| stored.is_written_under(seen) || stored.is_written_under(lease));
        let stored = stored.ok_or(StoreError::LeaseLost)?;
        stored.written.lease = Some(lease.clone());
        Ok(stored.written.subscribers.clone())
    }

    async fn close_abandoned(
        &self,
        turn: &TurnKey,
        seen: &Lease,
        closer: &str,
        entries: &[Entry],
    ) -> Result<Vec<Subscriber>, StoreError> {
        let mut state = self.lock();
        let stored = state.turn(turn).ok_or(StoreError::LeaseLost)?;
        let is_closed = stored.written.lease.as_ref().is_some_and(|lease| lease.owner == closer);
        if !is_closed && !stored.is_written_under(seen) {
            return Err(StoreError::LeaseLost);
        }
        let orphaned = stored.written.subscribers.clone();
        if !is_closed {
            stored.add(entries);
            state.close(turn, closer);
        }
        Ok(orphaned)
    }

    async fn mark_delivered(&self, delivered: Delivered<'_>) -> Result<(), StoreError> {
        let mut state = self.lock();
        let is_of = |stored: &&mut Stored| {
            stored.written.lease.as_ref().is_some_and(|lease| lease.owner == delivered.owner) && !stored.is_streaming()
        };
        if let Some(stored) = state.turn(delivered.turn).filter(is_of) {
            // Unless the wait was ended meanwhile.
            let waits_until = delivered.waits_until.filter(|_| stored.written.message.status == Status::Waiting);
            stored.due_at = waits_until;
            stored.written.is_due = false;
            stored.written.missed = delivered.missed;
            stored.written.waits_until = waits_until;
            if waits_until.is_some() {
                state.set_waits(delivered.turn, true);
            }
        }
        Ok(())
    }

    async fn answer(&self, answers: Answers<'_>) -> Result<(), StoreError> {
        let mut state = self.lock();
        let Answers { turn, subscriber, .. } = answers;
        let request = (turn.user_id.clone(), subscriber.connection.clone(), subscriber.request.clone());
        if state.requests.contains_key(&request) {
            return Err(StoreError::Duplicate);
        }
        state.waiting(turn, answers.seen)?;
        if let Some(admission) = answers.admission {
            state.admit(&turn.user_id, admission)?;
        }
        let stored = state.waiting(turn, answers.seen)?;
        stored.written.lease = Some(answers.lease.clone());
        stored.add(answers.entries);
        let unheard = if answers.goes_on { stored.unheard(subscriber) } else { Vec::new() };
        if answers.goes_on {
            stored.written.message.status = Status::Streaming;
            stored.written.ending = None;
            stored.written.subscribers = answers.orphaned.iter().chain([subscriber]).cloned().collect();
            stored.written.is_due = true;
            (stored.written.missed, stored.written.stop_requested) = (false, false);
            stored.written.waits_until = None;
            stored.due_at = Some(answers.lease.expires_at);
        }
        state.unheard.extend(unheard);
        if answers.goes_on {
            state.set_waits(turn, false);
        }
        let key = (turn.user_id.clone(), turn.conversation_id.clone());
        if let Some(conversation) = state.conversations.get_mut(&key) {
            conversation.allowed_tools.extend(answers.allowed_tools.iter().cloned());
        }
        let fingerprint = Some(answers.fingerprint.to_owned());
        state.requests.insert(request, RequestRecord::Taken { turn: turn.clone(), fingerprint });
        Ok(())
    }

    async fn close_waiting(&self, turn: &TurnKey, closed: &ClosedWait) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.stop_waiting(turn, closed)?;
        state.set_waits(turn, false);
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

    async fn request_stop(&self, turn: &TurnKey) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let running = state.turn(turn).filter(|stored| stored.is_streaming());
        Ok(running.map(|stored| stored.written.stop_requested = true).is_some())
    }
}

pub fn name_of(message: &SentMessage) -> String {
    format!("{}#{}", message.client_id, message.digest)
}
