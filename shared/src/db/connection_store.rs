//! The trait of a store of connections.

use async_trait::async_trait;
use serde::Deserialize;

use super::error::StoreError;
use crate::conversation::{ConnectionId, Timestamp, UserId};

/// Stores the open connections.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// Stores a connection.
    async fn put_connection(&self, connection: &ConnectionRecord) -> Result<(), StoreError>;

    /// Deletes a connection. Not an error if there is none.
    async fn delete_connection(&self, user: &UserId, connection: &ConnectionId) -> Result<(), StoreError>;

    /// Records for a while that a connection was lost at `now`; it is no longer listed. Not an error if there is none.
    async fn lose_connection(&self, user: &UserId, connection: &ConnectionId, now: Timestamp)
    -> Result<(), StoreError>;

    /// The connections of a user that were lost, each with the time.
    async fn lost_connections(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<(ConnectionId, Timestamp)>, StoreError>;

    /// Deletes a connection if it was opened before `opened_before`: one that is being opened looks closed until its
    /// handshake has ended.
    async fn delete_opened_before(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        opened_before: Timestamp,
    ) -> Result<(), StoreError>;

    /// At most 50 connections of a user that have not ended. Some of them may be closed already.
    async fn connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError>;

    /// All connections of a user that have not ended, with a consistent read.
    async fn all_connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError>;

    /// Claims one of the `most` connection slots of a user. However many claims are concurrent, no more are granted
    /// than there are slots.
    async fn claim_slot(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        most: usize,
        now: Timestamp,
    ) -> Result<SlotClaim, StoreError>;

    /// Releases the slots of these connections, at least one.
    async fn release_places(&self, user: &UserId, connections: &[ConnectionId]) -> Result<(), StoreError>;

    /// Adds to the traffic of a connection in this period, and returns the sum.
    async fn add_traffic(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        period: Period,
        traffic: Traffic,
    ) -> Result<Traffic, StoreError>;

    /// Connections whose notice or end is due, at most `limit`. Each is returned until it was notified, or has ended.
    async fn due_connections(&self, now: Timestamp, limit: usize) -> Result<Vec<(UserId, ConnectionId)>, StoreError>;

    /// Marks a connection as notified; it is due again at its end. Returns whether it was not notified before, so that
    /// of two concurrent callers one notifies it.
    async fn mark_noticed(&self, user: &UserId, connection: &ConnectionId) -> Result<bool, StoreError>;

    /// Deletes a connection that has ended. Returns whether it had ended and was not deleted before.
    async fn end_connection(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRecord {
    /// Its user.
    pub user: UserId,
    /// Its id.
    pub connection: ConnectionId,
    /// When it was opened.
    pub connected_at: Timestamp,
    /// When it ends: with its token, or when API Gateway closes it. Nothing is posted to it from then on.
    pub ends_at: Timestamp,
    /// When its client is to be notified that it will be closed soon.
    pub notice_at: Timestamp,
}

/// The outcome of claiming a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotClaim {
    /// The connection has a slot.
    Granted,
    /// There is none: these connections have them.
    Full(Vec<ConnectionId>),
}

/// The traffic of a connection in a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Traffic {
    /// The frames.
    pub frames: u64,
    /// How many processes handled several of them.
    pub processes: u64,
}

/// A short period in which frames are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its number.
    pub number: u64,
    /// When the count may be deleted.
    pub forgotten_at: Timestamp,
}
