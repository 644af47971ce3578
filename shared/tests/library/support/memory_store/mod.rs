//! A store in memory, for tests that ask for what no table tells, or that run by the thousand.

mod allowances;
mod connections;
mod conversations;
mod turns;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, Mutex, MutexGuard};

use natter::allowance::Allowance;
use natter::conversation::{
    Branch, ConnectionId, Conversation, ConversationId, Day, MessageId, Part, RequestId, Timestamp, UserId,
};
use natter::db::{ConnectionRecord, Piece, Traffic, Written};
use natter::turn::{Lease, Status, TurnKey};

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
    // With when each is due.
    connections: BTreeMap<(UserId, ConnectionId), (ConnectionRecord, Timestamp)>,
    places: BTreeMap<UserId, BTreeSet<ConnectionId>>,
    traffic: BTreeMap<(UserId, ConnectionId, u64), Traffic>,
    ends: BTreeMap<MessageId, usize>,
    allowances: BTreeMap<UserId, Allowance>,
    spending: BTreeMap<Day, f64>,
    settled: BTreeMap<MessageId, usize>,
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

    /// How often each turn was settled with effect.
    pub fn settled(&self) -> BTreeMap<MessageId, usize> {
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
    pub fn messages(&self) -> Vec<Written> {
        self.lock().messages.values().map(|stored| stored.written.clone()).collect()
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
