//! The trait of a store of connections.

use async_trait::async_trait;

use super::store::StoreError;
use crate::conversation::{ConnectionId, Timestamp, UserId};

/// Remembers who is connected.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// Remembers a connection.
    async fn put_connection(&self, connection: &ConnectionRecord) -> Result<(), StoreError>;

    /// Forgets a connection. One that is not known is no error.
    async fn delete_connection(&self, user: &UserId, connection: &ConnectionId) -> Result<(), StoreError>;

    /// The connections of a user that have not expired. Some of them may be closed already.
    async fn connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError>;

    /// How many connections of a user have not expired.
    async fn count_connections(&self, user: &UserId, now: Timestamp) -> Result<usize, StoreError>;

    /// Connections whose time for a notice has come, at most `limit`. Each is named until it was noticed.
    async fn due_for_notice(&self, now: Timestamp, limit: usize) -> Result<Vec<(UserId, ConnectionId)>, StoreError>;

    /// The connection was told. Tells whether it was still to be told, so that of two who tell it only one does.
    async fn mark_noticed(&self, user: &UserId, connection: &ConnectionId) -> Result<bool, StoreError>;
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRecord {
    /// Whose it is.
    pub user: UserId,
    /// Its name.
    pub connection: ConnectionId,
    /// When it was opened.
    pub connected_at: Timestamp,
    /// When it is closed at the latest.
    pub expires_at: Timestamp,
    /// When its client is to be told that it will be closed soon.
    pub notice_at: Timestamp,
}
