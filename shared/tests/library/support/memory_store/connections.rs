//! Who is connected.

use async_trait::async_trait;
use natter::conversation::{ConnectionId, Timestamp, UserId};
use natter::db::{ConnectionRecord, ConnectionStore, StoreError};

use super::MemoryStore;

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

    async fn count_connections(&self, user: &UserId, now: Timestamp) -> Result<usize, StoreError> {
        Ok(self.connections(user, now).await?.len())
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
