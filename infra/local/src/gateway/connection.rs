//! Live connections, and the operations on them: post, close, look up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::id;
use crate::clock::Clock;

/// How many messages may wait for a client that reads slowly.
const MAX_QUEUED_MESSAGES: usize = 1024;
/// How many bytes all of them may have. API Gateway has such a limit and does not document it.
const MAX_QUEUED_BYTES: usize = 512 * 1024;

/// How a connection ends: what the close frame says, and what the DISCONNECT event says.
#[derive(Clone, Debug, PartialEq)]
pub struct Close {
    /// Status code of RFC 6455.
    pub code: u16,
    /// Reason, may be empty.
    pub reason: String,
}

impl Close {
    /// A close with this code and reason.
    pub fn new(code: u16, reason: &str) -> Self {
        Self { code, reason: reason.to_owned() }
    }

    /// How API Gateway ends a connection that was idle or open for too long.
    pub fn going_away() -> Self {
        Self::new(1001, "Going away")
    }

    /// How a connection ends when it is closed on request.
    pub fn normal() -> Self {
        Self::new(1000, "Connection Closed Normally")
    }

    /// The client is gone without a close frame.
    pub fn abnormal() -> Self {
        Self::new(1006, "")
    }

    /// The client's own close frame, with API Gateway's default reason where the client gave none.
    pub fn by_client(frame: Option<(u16, String)>) -> Self {
        match frame {
            None => Self::new(1005, "Client-side close frame status not set"),
            Some((1000, reason)) if reason.is_empty() => Self::normal(),
            Some((1001, reason)) if reason.is_empty() => Self::going_away(),
            Some((code, reason)) => Self { code, reason },
        }
    }
}

/// The client.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Address of the client.
    pub source_ip: String,
    /// Its `User-Agent`, if it sent one.
    pub user_agent: Option<String>,
}

impl Identity {
    /// As events and `@connections` carry it.
    pub fn to_json(&self) -> Value {
        match &self.user_agent {
            Some(agent) => json!({"sourceIp": self.source_ip, "userAgent": agent}),
            None => json!({"sourceIp": self.source_ip}),
        }
    }
}

/// A connection, from its handshake on.
#[derive(Debug)]
pub struct Connection {
    /// Its id.
    pub id: String,
    /// When it was opened, in epoch milliseconds.
    pub connected_at: u64,
    /// The client.
    pub identity: Identity,
    /// The authorizer's context, once it has answered.
    pub authorizer: OnceLock<Map<String, Value>>,
    outgoing: mpsc::Sender<Message>,
    /// Bytes of the messages that wait.
    queued: AtomicUsize,
    closing: watch::Sender<Option<Close>>,
    activity: Mutex<Activity>,
}

/// When something was last sent in either direction.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// For the idle limit.
    pub moment: Instant,
    /// For `lastActiveAt`, in epoch milliseconds.
    pub at: u64,
}

/// What a connection's socket is asked to do.
#[derive(Debug)]
pub struct Tasks {
    /// Messages for the client, in order.
    pub outgoing: mpsc::Receiver<Message>,
    /// Set when the connection is to be closed.
    pub closing: watch::Receiver<Option<Close>>,
}

/// Why a message was not queued.
#[derive(Debug)]
pub enum SendError {
    /// The client reads too slowly: its queue is full.
    QueueFull,
    /// The socket is gone, and its connection is about to be removed.
    Gone,
}

impl Connection {
    /// Creates a connection, and the receivers that its socket serves.
    pub fn new(identity: Identity, clock: &Clock) -> (Arc<Self>, Tasks) {
        let (outgoing, messages) = mpsc::channel(MAX_QUEUED_MESSAGES);
        let (closing, asked_to_close) = watch::channel(None);
        let connection = Self {
            id: id::new(),
            connected_at: clock.epoch_millis(),
            identity,
            authorizer: OnceLock::new(),
            outgoing,
            queued: AtomicUsize::new(0),
            closing,
            activity: Mutex::new(Activity::now(clock)),
        };
        (Arc::new(connection), Tasks { outgoing: messages, closing: asked_to_close })
    }

    /// Queues a message for the client.
    pub fn send(&self, message: Message) -> Result<(), SendError> {
        let bytes = size(&message);
        let queue = |queued: usize| queued.checked_add(bytes).filter(|queued| *queued <= MAX_QUEUED_BYTES);
        if self.queued.fetch_update(Ordering::Relaxed, Ordering::Relaxed, queue).is_err() {
            return Err(SendError::QueueFull);
        }
        self.outgoing.try_send(message).map_err(|error| {
            self.queued.fetch_sub(bytes, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => SendError::QueueFull,
                TrySendError::Closed(_) => SendError::Gone,
            }
        })
    }

    /// Frees this many bytes of the queue, once a message has been sent.
    pub fn release(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Closes the connection. Only the first call counts.
    pub fn close(&self, close: Close) {
        self.closing.send_if_modified(|closing| {
            let first = closing.is_none();
            closing.get_or_insert(close);
            first
        });
    }

    /// Records that something was sent in either direction.
    pub fn mark_active(&self, clock: &Clock) {
        *self.activity.lock().unwrap_or_else(PoisonError::into_inner) = Activity::now(clock);
    }

    /// When something was last sent.
    pub fn last_activity(&self) -> Activity {
        *self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of a message's content.
pub fn size(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Frame(frame) => frame.payload().len(),
        Message::Close(_) => 0,
    }
}

impl Activity {
    fn now(clock: &Clock) -> Self {
        Self { moment: clock.now(), at: clock.epoch_millis() }
    }
}

/// The connections whose `$connect` has succeeded and which have not ended.
#[derive(Debug, Default)]
pub struct Connections {
    by_id: Mutex<HashMap<String, Arc<Connection>>>,
}

impl Connections {
    /// Adds a connection.
    pub fn insert(&self, connection: Arc<Connection>) {
        self.lock().insert(connection.id.clone(), connection);
    }

    /// Removes a connection.
    pub fn remove(&self, id: &str) {
        self.lock().remove(id);
    }

    /// The connection of this id.
    pub fn get(&self, id: &str) -> Option<Arc<Connection>> {
        self.lock().get(id).cloned()
    }

    /// All connections.
    pub fn all(&self) -> Vec<Arc<Connection>> {
        self.lock().values().cloned().collect()
    }

    /// No code panics while it holds this lock, so a poisoned map is a whole one.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Connection>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
