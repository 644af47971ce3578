use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use natter::conversation::{
    Branch, Branches, ConnectionId, Conversation, ConversationId, Feedback, MessageId, Part, RequestId, Timestamp,
    UserId, join_parts,
};
use natter::db::{
    Activity, ConnectionRecord, ConnectionStore, ConversationStore, Listed, NewTurn, Opened, Piece, Pieces, Place,
    Save, Signals, Store, StoreError, Subscriber, Written,
};
use natter::turn::{Ending, Lease, Status, TurnKey};

/// A store in memory. It keeps the contract of the real one, and counts what a test asks about.
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    conversations: BTreeMap<(UserId, ConversationId), Conversation>,
    // The last turn of each conversation that was deleted, and when it is due.
    deleted: BTreeMap<(UserId, ConversationId), (MessageId, Option<Timestamp>)>,
    branches: Vec<(UserId, ConversationId, Branch)>,
    messages: BTreeMap<MessageId, Stored>,
    requests: BTreeMap<(UserId, ConnectionId, RequestId), TurnKey>,
    connections: BTreeMap<(UserId, ConnectionId), (ConnectionRecord, bool)>,
    ends: BTreeMap<MessageId, usize>,
    bytes_saved: usize,
}

struct Stored {
    written: Written,
    segments: BTreeMap<(u32, u32), Vec<Part>>,
    due_at: Option<Timestamp>,
}

impl Stored {
    fn is_written_under(&self, lease: &Lease) -> bool {
        self.is_streaming() && self.written.lease.as_ref() == Some(lease)
    }

    fn is_streaming(&self) -> bool {
        self.written.message.status == Status::Streaming
    }
}

impl MemoryStore {
    /// How many items there would be whose sort key begins with `prefix`.
    pub async fn count(&self, prefix: &str) -> usize {
        let state = self.lock();
        match prefix {
            "MSG#" => state.messages.len(),
            "REQ#" => state.requests.len(),
            other => panic!("{other} is not counted"),
        }
    }

    /// How often each reply came to an end.
    pub fn ends(&self) -> BTreeMap<MessageId, usize> {
        self.lock().ends.clone()
    }

    /// How many bytes of text all saves of replies have written.
    pub fn bytes_saved(&self) -> usize {
        self.lock().bytes_saved
    }

    /// All messages, oldest first.
    pub fn messages(&self) -> Vec<Written> {
        self.lock().messages.values().map(|stored| stored.written.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn bytes_of(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.text().len()).sum()
}

impl State {
    // The messages within these bounds, oldest first.
    fn pieces(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        oldest: Bound<&MessageId>,
        newest: Bound<&MessageId>,
    ) -> Vec<Piece> {
        let wanted = self.messages.values().map(|stored| &stored.written).filter(|written| {
            let message = &written.message;
            message.user_id == *user
                && message.conversation_id == *conversation
                && (oldest, newest).contains(&message.id)
        });
        let piece = |written: &Written| {
            let mut of = written.clone();
            let parts = std::mem::take(&mut of.message.parts);
            Piece { of, segments: 0, segment: None, parts }
        };
        wanted.map(piece).collect()
    }

    fn turn(&mut self, turn: &TurnKey) -> Option<&mut Stored> {
        let stored = self.messages.get_mut(&turn.message_id)?;
        let message = &stored.written.message;
        (message.user_id == turn.user_id && message.conversation_id == turn.conversation_id).then_some(stored)
    }
}

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
        let head = state.conversations.get(&(user.clone(), conversation.clone()));
        if state.deleted.contains_key(&(user.clone(), conversation.clone())) {
            return Err(StoreError::Stale);
        }
        if head.map(|head| head.version) != turn.conversation.as_ref().map(|head| head.version) {
            return Err(StoreError::Stale);
        }
        let head = Conversation {
            id: conversation.clone(),
            user_id: user.clone(),
            title: head.and_then(|head| head.title.clone()),
            first_words: head.map_or(turn.first_words.clone(), |head| head.first_words.clone()),
            head_message_id: turn.reply.id.clone(),
            version: head.map_or(0, |head| head.version) + 1,
            created_at: head.map_or(turn.reply.created_at, |head| head.created_at),
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

#[async_trait]
impl ConnectionStore for MemoryStore {
    async fn put_connection(&self, connection: &ConnectionRecord) -> Result<(), StoreError> {
        let key = (connection.user.clone(), connection.connection.clone());
        self.lock().connections.insert(key, (connection.clone(), true));
        Ok(())
    }

    async fn delete_connection(&self, user: &UserId, connection: &ConnectionId) -> Result<(), StoreError> {
        self.lock().connections.remove(&(user.clone(), connection.clone()));
        Ok(())
    }

    async fn connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError> {
        let state = self.lock();
        let live = state
            .connections
            .values()
            .filter(|(connection, _)| connection.user == *user && connection.expires_at.seconds() > now.seconds());
        Ok(live.map(|(connection, _)| connection.connection.clone()).collect())
    }

    async fn due_for_notice(&self, now: Timestamp, limit: usize) -> Result<Vec<(UserId, ConnectionId)>, StoreError> {
        let state = self.lock();
        let due = state.connections.iter().filter(|(_, (record, is_due))| *is_due && record.notice_at <= now);
        Ok(due.take(limit).map(|(key, _)| key.clone()).collect())
    }

    async fn mark_noticed(&self, user: &UserId, connection: &ConnectionId) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let found = state.connections.get_mut(&(user.clone(), connection.clone()));
        Ok(found.is_some_and(|(_, is_due)| std::mem::take(is_due)))
    }
}

#[async_trait]
impl ConversationStore for MemoryStore {
    async fn list(&self, user: &UserId, after: Option<&Activity>, limit: usize) -> Result<Listed, StoreError> {
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
        Ok(self.lock().conversations.get(&(user.clone(), conversation.clone())).cloned())
    }

    async fn is_streaming(&self, turn: &TurnKey) -> Result<bool, StoreError> {
        Ok(self.lock().turn(turn).is_some_and(|stored| stored.is_streaming()))
    }

    async fn branches(&self, user: &UserId, conversation: &ConversationId) -> Result<Branches, StoreError> {
        let state = self.lock();
        let ours = state.branches.iter().filter(|(of, within, _)| of == user && within == conversation);
        Ok(ours.map(|(_, _, branch)| branch.clone()).collect())
    }

    async fn read_back(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &Place,
        oldest: Option<&MessageId>,
        limit: usize,
    ) -> Result<Pieces, StoreError> {
        let state = self.lock();
        let [_, newest] = bounds(from);
        let oldest = oldest.map_or(Bound::Unbounded, Bound::Included);
        let pieces = state.pieces(user, conversation, oldest, newest);
        Ok(some(pieces.into_iter().rev(), limit))
    }

    async fn read_on(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        from: &Place,
        newest: &MessageId,
        limit: usize,
    ) -> Result<Pieces, StoreError> {
        let [oldest, _] = bounds(from);
        Ok(some(self.lock().pieces(user, conversation, oldest, Bound::Included(newest)).into_iter(), limit))
    }

    async fn give_title(&self, user: &UserId, conversation: &ConversationId, title: &str) -> Result<bool, StoreError> {
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
        Ok(self.lock().turn(message).map(|stored| stored.written.message.feedback = feedback).is_some())
    }

    async fn rename(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        title: &str,
    ) -> Result<Option<Conversation>, StoreError> {
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
        _now: Timestamp,
        due_at: Timestamp,
    ) -> Result<Option<TurnKey>, StoreError> {
        let mut state = self.lock();
        let key = (user.clone(), conversation.clone());
        if let Some(head) = state.conversations.remove(&key) {
            state.deleted.insert(key.clone(), (head.head_message_id, Some(due_at)));
        }
        Ok(state.deleted.get(&key).map(|(last, _)| turn_key(&key, last)))
    }

    async fn remove_messages(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        spared: Option<&MessageId>,
    ) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.messages.retain(|id, stored| {
            let message = &stored.written.message;
            message.user_id != *user || message.conversation_id != *conversation || Some(id) == spared
        });
        state.requests.retain(|_, turn| turn.user_id != *user || turn.conversation_id != *conversation);
        state.branches.retain(|(of, within, _)| of != user || within != conversation);
        Ok(())
    }

    async fn due_deletions(&self, now: Timestamp, limit: usize) -> Result<Vec<TurnKey>, StoreError> {
        let state = self.lock();
        let due = state.deleted.iter().filter(|(_, (_, due_at))| due_at.is_some_and(|due_at| due_at <= now));
        Ok(due.take(limit).map(|(key, (last, _))| turn_key(key, last)).collect())
    }

    async fn mark_removed(&self, user: &UserId, conversation: &ConversationId) -> Result<(), StoreError> {
        if let Some((_, due_at)) = self.lock().deleted.get_mut(&(user.clone(), conversation.clone())) {
            *due_at = None;
        }
        Ok(())
    }
}

// What is read on from a place begins with the first bound, and what is read back with the second. Messages are whole here:
// no place is within one.
fn bounds(place: &Place) -> [Bound<&MessageId>; 2] {
    match place {
        Place::Oldest | Place::Newest => [Bound::Unbounded; 2],
        Place::Before(message) => [Bound::Included(message), Bound::Excluded(message)],
        Place::After(message) => [Bound::Excluded(message), Bound::Included(message)],
        Place::Message(message) | Place::Segment(message, _) => [Bound::Included(message); 2],
    }
}

fn some(pieces: impl ExactSizeIterator<Item = Piece>, limit: usize) -> Pieces {
    let is_complete = pieces.len() <= limit;
    Pieces { pieces: pieces.take(limit).collect(), is_complete }
}

fn turn_key((user, conversation): &(UserId, ConversationId), message: &MessageId) -> TurnKey {
    TurnKey { user_id: user.clone(), conversation_id: conversation.clone(), message_id: message.clone() }
}
