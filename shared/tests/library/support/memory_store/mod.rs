//! A store in memory, for tests that ask for what no table tells, or that run by the thousand.

mod allowances;
mod connections;
mod conversations;
mod outputs;
mod requests;
mod saves;
mod text_parts;
mod turns;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use natter::allowance::{Allowance, RunId};
use natter::conversation::{
    Branch, CallId, ConnectionId, Conversation, ConversationId, Day, Entry, MessageId, RequestId, Status, Timestamp,
    UserId, join_entries,
};
use natter::db::{
    ClosedWait, ConnectionRecord, OutputPart, Piece, PieceName, RequestRecord, StoreError, StoredMessage, TextPart,
    Traffic,
};
use natter::turn::{Ending, Lease, Subscriber, TurnKey};

/// A store in memory. It keeps the contract of the real one, and counts what a test asks about.
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    conversations: BTreeMap<(UserId, ConversationId), Conversation>,
    deleted: BTreeMap<(UserId, ConversationId), Deleted>,
    branches: Vec<(UserId, ConversationId, Branch)>,
    messages: BTreeMap<MessageId, Stored>,
    outputs: BTreeMap<CallId, Vec<OutputPart>>,
    requests: BTreeMap<(UserId, ConnectionId, RequestId), RequestRecord>,
    text_parts: Vec<TextPart>,
    // What requests have subscribed to, and when.
    subscribed: BTreeMap<(UserId, ConnectionId, RequestId), (TurnKey, Timestamp)>,
    // Those that want no more of it.
    release: BTreeSet<(UserId, ConnectionId, RequestId)>,
    // The reply of the turn that began with each message.
    sent: BTreeMap<(UserId, ConversationId, String), MessageId>,
    // With when each is due.
    connections: BTreeMap<(UserId, ConnectionId), (ConnectionRecord, Timestamp)>,
    places: BTreeMap<UserId, BTreeSet<ConnectionId>>,
    traffic: BTreeMap<(UserId, ConnectionId, u64), Traffic>,
    ends: BTreeMap<MessageId, usize>,
    allowances: BTreeMap<UserId, Allowance>,
    spending: BTreeMap<Day, f64>,
    settled: BTreeMap<RunId, usize>,
    unheard: BTreeSet<(String, String)>,
    bytes_saved: usize,
    pause: Duration,
    save_time: Duration,
    // How many of the next writes of replies are given up by their sender, and what of them is still on its way.
    to_delay: usize,
    delayed: Vec<Delayed>,
}

// A conversation that was deleted.
struct Deleted {
    last_turn: MessageId,
    deleted_at: Timestamp,
    due_at: Option<Timestamp>,
}

struct Stored {
    // Of a reply without its log.
    written: StoredMessage,
    // Which attempt's content counts, how many segments it has, and what comes behind them.
    content: (u32, u32, Vec<Entry>),
    segments: BTreeMap<(u32, u32), Vec<Entry>>,
    due_at: Option<Timestamp>,
}

/// A write that its sender has given up and that arrives later.
struct Delayed {
    turn: TurnKey,
    lease: Lease,
    write: DelayedWrite,
}

enum DelayedWrite {
    Segment { number: u32, entries: Vec<Entry> },
    Save { content: Option<(u32, Vec<Entry>)>, ending: Option<Ending> },
}

impl Stored {
    // As it is read: a reply is put together of the segments that are there.
    fn read(&self) -> StoredMessage {
        let (attempt, count, tail) = &self.content;
        let segments = (0..*count).filter_map(|number| self.segments.get(&(*attempt, number)));
        let mut written = self.written.clone();
        written.message.entries = join_entries(segments.flatten().chain(tail).cloned());
        written
    }

    // Those who have not heard yet that it waits.
    fn unheard(&self, answering: &Subscriber) -> Vec<(String, String)> {
        let is_own = |of: &&Subscriber| self.written.is_due && of.connection == answering.connection;
        let unheard = self.written.subscribers.iter().filter(is_own);
        unheard.map(|of| (of.connection.to_string(), of.request.to_string())).collect()
    }

    // Behind a log that ends with an entry that is no text.
    fn add(&mut self, entries: &[Entry]) {
        let log = self.read().message.entries;
        assert!(entries.is_empty() || !log.last().is_some_and(Entry::grows), "entries behind a text that may grow");
        self.content.2.extend(entries.iter().cloned());
    }

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

    /// The next write of a reply is delayed: it arrives with [`MemoryStore::deliver_delayed`].
    pub fn delay_next_write(&self) {
        self.lock().to_delay += 1;
    }

    /// What was delayed arrives now.
    pub fn deliver_delayed(&self) {
        let mut state = self.lock();
        for delayed in std::mem::take(&mut state.delayed) {
            state.deliver(delayed);
        }
    }

    /// From now on, each read of conversations takes this long.
    pub fn slow_down(&self, pause: Duration) {
        self.lock().pause = pause;
    }

    /// From now on, each save of a reply takes effect at once, and its sender hears of it after this long.
    pub fn answer_saves_after(&self, time: Duration) {
        self.lock().save_time = time;
    }

    async fn pause(&self) {
        let pause = self.lock().pause;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }

    /// How often each reply came to an end.
    pub fn ends(&self) -> BTreeMap<MessageId, usize> {
        self.lock().ends.clone()
    }

    /// Whether a request has let go of the turn that it followed.
    pub fn has_let_go(&self, connection: &str, request: &str) -> bool {
        self.lock().release.iter().any(|(_, of, release)| (of.as_str(), release.as_str()) == (connection, request))
    }

    /// Requests, each with its connection, to whom a wait was not delivered when their connection answered it: a client
    /// answers what it has been shown whole.
    pub fn unheard(&self) -> BTreeSet<(String, String)> {
        self.lock().unheard.clone()
    }

    /// How often each run was settled with effect.
    pub fn settled(&self) -> BTreeMap<RunId, usize> {
        self.lock().settled.clone()
    }

    /// How many bytes of text all saves of replies have written.
    pub fn bytes_saved(&self) -> usize {
        self.lock().bytes_saved
    }

    /// How many frames of all connections were counted.
    pub fn counted_frames(&self) -> u64 {
        self.lock().traffic.values().map(|traffic| traffic.frames).sum()
    }

    /// All messages, oldest first.
    pub fn messages(&self) -> Vec<StoredMessage> {
        self.lock().messages.values().map(Stored::read).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
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
        let wanted = self.messages.values().map(Stored::read).filter(|written| {
            let message = &written.message;
            message.user_id == *user
                && message.conversation_id == *conversation
                && (oldest, newest).contains(&message.id)
        });
        let piece = |mut of: StoredMessage| {
            let entries = std::mem::take(&mut of.message.entries);
            Piece { of: Arc::new(of), name: PieceName::tail(), entries }
        };
        wanted.map(piece).collect()
    }

    // A turn that waits, and has got no answer since it was read.
    fn waiting(&mut self, turn: &TurnKey, seen: &Lease) -> Result<&mut Stored, StoreError> {
        let is_waiting = |stored: &&mut Stored| {
            stored.written.message.status == Status::Waiting && stored.written.lease.as_ref() == Some(seen)
        };
        self.turn(turn).filter(is_waiting).ok_or(StoreError::Stale)
    }

    fn set_waits(&mut self, turn: &TurnKey, waits: bool) {
        let key = (turn.user_id.clone(), turn.conversation_id.clone());
        if let Some(conversation) = self.conversations.get_mut(&key) {
            conversation.waits = waits;
        }
    }

    fn stop_waiting(&mut self, turn: &TurnKey, closed: &ClosedWait) -> Result<(), StoreError> {
        let stored = self.waiting(turn, &closed.seen)?;
        if !closed.is_delivered && stored.written.waits_until.is_some() {
            return Err(StoreError::Stale);
        }
        stored.written.message.status = Status::Stopped;
        stored.written.ending = Some(Ending::Stopped);
        stored.add(&closed.entries);
        stored.written.waits_until = None;
        if closed.is_delivered {
            stored.written.is_due = false;
            stored.due_at = None;
        }
        *self.ends.entry(turn.message_id.clone()).or_default() += 1;
        Ok(())
    }

    fn turn(&mut self, turn: &TurnKey) -> Option<&mut Stored> {
        let stored = self.messages.get_mut(&turn.message_id)?;
        let message = &stored.written.message;
        (message.user_id == turn.user_id && message.conversation_id == turn.conversation_id).then_some(stored)
    }
}
