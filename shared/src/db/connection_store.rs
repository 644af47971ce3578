//! The trait of a store of connections.

use async_trait::async_trait;
use serde::Deserialize;

use super::error::StoreError;
use crate::conversation::{ConnectionId, Timestamp, UserId};

/// Remembers who is connected.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// Remembers a connection.
    async fn put_connection(&self, connection: &ConnectionRecord) -> Result<(), StoreError>;

    /// Forgets a connection. One that is not known is no error.
    async fn delete_connection(&self, user: &UserId, connection: &ConnectionId) -> Result<(), StoreError>;

    /// Remembers for a while that a connection broke off at `now`, and no longer takes it for one. One that is not known is no error.
    async fn lose_connection(&self, user: &UserId, connection: &ConnectionId, now: Timestamp)
    -> Result<(), StoreError>;

    /// The connections of a user that broke off, each with when it did.
    async fn lost_connections(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<(ConnectionId, Timestamp)>, StoreError>;

    /// Forgets a connection if it was opened before `opened_before`: one that is just being opened looks closed until its handshake
    /// has ended.
    async fn delete_opened_before(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        opened_before: Timestamp,
    ) -> Result<(), StoreError>;

    /// At most 50 connections of a user that have not ended. Some of them may be closed already.
    async fn connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError>;

    /// All connections of a user that have not ended: everything that was stored before.
    async fn all_connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError>;

    /// Claims one of the `most` places that a user has for connections. Of any number of claims at once no more are granted
    /// than there are places.
    async fn claim_place(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        most: usize,
        now: Timestamp,
    ) -> Result<SlotClaim, StoreError>;

    /// Releases the places of these connections, of which there is at least one.
    async fn release_places(&self, user: &UserId, connections: &[ConnectionId]) -> Result<(), StoreError>;

    /// Adds to what a connection has sent in this period of time, and returns the sum.
    async fn add_traffic(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        period: Period,
        traffic: Traffic,
    ) -> Result<Traffic, StoreError>;

    /// Connections whose time for a notice, or whose end, has come, at most `limit`. Each is named until it was noticed, or
    /// has ended.
    async fn due_connections(&self, now: Timestamp, limit: usize) -> Result<Vec<(UserId, ConnectionId)>, StoreError>;

    /// The connection was told, and is due again at its end. Returns whether it was still to be told, so that of two who tell it
    /// only one does.
    async fn mark_noticed(&self, user: &UserId, connection: &ConnectionId) -> Result<bool, StoreError>;

    /// Forgets a connection whose end has come. Returns whether it was so, and not forgotten before.
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
    /// Whose it is.
    pub user: UserId,
    /// Its name.
    pub connection: ConnectionId,
    /// When it was opened.
    pub connected_at: Timestamp,
    /// When it ends: with its token, or when API Gateway closes it. Nothing is posted to it from then on.
    pub ends_at: Timestamp,
    /// When its client is to be told that it will be closed soon.
    pub notice_at: Timestamp,
}

/// What came of claiming a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotClaim {
    /// The connection has one.
    Granted,
    /// There is none: these have them.
    Full(Vec<ConnectionId>),
}

/// What a connection has sent in a period of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Traffic {
    /// The frames.
    pub frames: u64,
    /// How many processes took several of them.
    pub processes: u64,
}

/// A short time in which frames are counted, by its number, and when that count may be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its number.
    pub number: u64,
    /// When nobody adds to it any more.
    pub forgotten_at: Timestamp,
}
