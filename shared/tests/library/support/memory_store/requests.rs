//! Requests, and which of them subscribe to a turn.

use async_trait::async_trait;
use natter::conversation::{ConnectionId, ConversationId, MessageId, RequestId, Timestamp, UserId};
use natter::db::{MAX_SUBSCRIBERS, REORDER_WINDOW, RequestRecord, RequestStore, SentMessage, StoreError, Subscription};
use natter::turn::{Subscriber, TurnKey};

use super::turns::name_of;
use super::{MemoryStore, Stored};

#[async_trait]
impl RequestStore for MemoryStore {
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
        Ok(Subscription::Subscribed)
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
