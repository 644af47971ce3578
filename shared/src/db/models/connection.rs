//! Connections and tickets, as they are stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::connection_store::ConnectionRecord;
use super::super::ticket_store::TicketRecord;
use super::key::{Due, Key};
use crate::auth::Identity;
use crate::conversation::{ConnectionId, Timestamp, UserId};

/// How much longer than the connection its item lives, so that the sweep finds it and closes the connection.
const CLOSING_WINDOW: Duration = Duration::from_secs(60 * 60);

/// How long a lost connection is remembered: longer than a reply is replayed to those who missed its end.
pub const LOSS_RETENTION: Duration = Duration::from_secs(15 * 60);

/// How long a user's slots are kept after the last connection: longer than a connection lives.
pub const SLOTS_LIFETIME: Duration = Duration::from_secs(3 * 60 * 60);

/// A live connection, in the `due` index: first for its notice, then for its end.
#[derive(Serialize, Deserialize)]
pub struct ConnectionItem {
    /// Names the user and the connection.
    #[serde(flatten)]
    pub key: Key,
    connected_at: Timestamp,
    /// When it ends, or was lost.
    #[serde(default)]
    pub ends_at: Timestamp,
    /// Seconds since 1970.
    expires_at: u64,
    due: Option<String>,
    due_at: Option<Timestamp>,
}

impl From<&ConnectionRecord> for ConnectionItem {
    fn from(record: &ConnectionRecord) -> Self {
        let key = Key::connection(&record.user, &record.connection);
        Self {
            due: Some(Due::Connection.partition(&key)),
            due_at: Some(record.notice_at),
            connected_at: record.connected_at,
            ends_at: record.ends_at,
            // The sweep closes it first.
            expires_at: (record.ends_at + CLOSING_WINDOW).seconds(),
            key,
        }
    }
}

/// The connections that hold a user's slots.
#[derive(Default, Deserialize)]
pub struct SlotsItem {
    #[serde(default, with = "serde_dynamo::string_set")]
    places: Vec<String>,
}

impl SlotsItem {
    /// The connections.
    pub fn connections(&self) -> Vec<ConnectionId> {
        self.places.iter().filter_map(|connection| connection.parse().ok()).collect()
    }
}

/// A ticket that is not used yet.
#[derive(Serialize, Deserialize)]
pub struct TicketItem {
    #[serde(flatten)]
    key: Key,
    owner: UserId,
    /// Seconds since 1970.
    token_expires_at: u64,
    /// Seconds since 1970.
    expires_at: u64,
}

impl From<&TicketRecord> for TicketItem {
    fn from(record: &TicketRecord) -> Self {
        Self {
            key: Key::ticket(&record.digest),
            owner: record.identity.user.clone(),
            token_expires_at: record.identity.expires_at,
            expires_at: record.expires_at.seconds(),
        }
    }
}

impl From<TicketItem> for Identity {
    fn from(item: TicketItem) -> Self {
        Self { user: item.owner, expires_at: item.token_expires_at }
    }
}
