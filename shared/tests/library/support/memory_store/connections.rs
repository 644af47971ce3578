//! Connections.

use std::time::Duration;

use async_trait::async_trait;
use natter::conversation::{ConnectionId, Timestamp, UserId};
use natter::db::{ConnectionRecord, ConnectionStore, Period, SlotClaim, StoreError, Traffic};

use super::MemoryStore;

/// How long it is remembered that a connection broke off.
const LOSS_RETENTION: Duration = Duration::from_secs(15 * 60);

#[async_trait]
impl ConnectionStore for MemoryStore {
    async fn put_connection(&self, connection: &ConnectionRecord) -> Result<(), StoreError> {
        let key = (connection.user.clone(), connection.connection.clone());
        self.lock().connections.insert(key, (connection.clone(), connection.notice_at));
        Ok(())
    }

    async fn delete_connection(&self, user: &UserId, connection: &ConnectionId) -> Result<(), StoreError> {
        self.lock().connections.remove(&(user.clone(), connection.clone()));
        Ok(())
    }

    async fn lose_connection(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some((record, due_at)) = self.lock().connections.get_mut(&(user.clone(), connection.clone())) {
            record.ends_at = now;
            *due_at = now + LOSS_RETENTION;
        }
        Ok(())
    }

    async fn lost_connections(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<(ConnectionId, Timestamp)>, StoreError> {
        let state = self.lock();
        let records = state.connections.values().map(|(record, _)| record);
        let lost = records.filter(|record| record.user == *user && record.ends_at <= now);
        Ok(lost.map(|record| (record.connection.clone(), record.ends_at)).collect())
    }

    async fn delete_opened_before(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        opened_before: Timestamp,
    ) -> Result<(), StoreError> {
        let key = (user.clone(), connection.clone());
        self.lock().connections.retain(|known, (record, _)| *known != key || record.connected_at >= opened_before);
        Ok(())
    }

    async fn connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError> {
        self.all_connections(user, now).await
    }

    async fn all_connections(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError> {
        let state = self.lock();
        let records = state.connections.values().map(|(record, _)| record);
        let live = records.filter(|record| record.user == *user && record.ends_at > now);
        Ok(live.map(|record| record.connection.clone()).collect())
    }

    async fn claim_slot(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        most: usize,
        _: Timestamp,
    ) -> Result<SlotClaim, StoreError> {
        let mut state = self.lock();
        let places = state.places.entry(user.clone()).or_default();
        if places.len() < most || places.contains(connection) {
            places.insert(connection.clone());
            return Ok(SlotClaim::Granted);
        }
        Ok(SlotClaim::Full(places.iter().cloned().collect()))
    }

    async fn release_places(&self, user: &UserId, connections: &[ConnectionId]) -> Result<(), StoreError> {
        self.lock().places.entry(user.clone()).or_default().retain(|connection| !connections.contains(connection));
        Ok(())
    }

    async fn add_traffic(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        period: Period,
        traffic: Traffic,
    ) -> Result<Traffic, StoreError> {
        let mut state = self.lock();
        let sum = state.traffic.entry((user.clone(), connection.clone(), period.number)).or_default();
        sum.frames += traffic.frames;
        sum.processes += traffic.processes;
        Ok(*sum)
    }

    async fn due_connections(&self, now: Timestamp, limit: usize) -> Result<Vec<(UserId, ConnectionId)>, StoreError> {
        let state = self.lock();
        let due = state.connections.iter().filter(|(_, (_, due_at))| *due_at <= now);
        Ok(due.take(limit).map(|(key, _)| key.clone()).collect())
    }

    async fn mark_noticed(&self, user: &UserId, connection: &ConnectionId) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let found = state.connections.get_mut(&(user.clone(), connection.clone()));
        Ok(found.is_some_and(|(record, due_at)| std::mem::replace(due_at, record.ends_at) < record.ends_at))
    }

    async fn end_connection(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = (user.clone(), connection.clone());
        let mut state = self.lock();
        let has_ended = state.connections.get(&key).is_some_and(|(record, _)| record.ends_at <= now);
        Ok(has_ended && state.connections.remove(&key).is_some())
    }
}
