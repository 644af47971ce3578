//! Limits how many connections a user may have open.
//!
//! Each connection takes one of the user's slots, and does not return it: a slot is free again when its connection is
//! no longer stored, or turns out to be closed, which is checked when all slots are taken. So the limit holds however
//! many connections are opened at once, a lost `$disconnect` locks nobody out, and a connection costs one more write.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::sleep;

use crate::conversation::{Clock, ConnectionId, Timestamp, UserId};
use crate::db::{ConnectionRecord, ConnectionStore, SlotClaim, StoreError};
use crate::gateway::{PostError, ReplySink};

/// How often to look for slots that can be released: others take them concurrently.
const MAX_ROUNDS: usize = 3;

/// How long it takes at most until API Gateway knows a connection that got its slot, since its `connect` only has to
/// answer. One that it does not know then is closed.
const ANSWER_DELAY: Duration = Duration::from_secs(2);

/// Stores connections, and rejects those beyond a user's limit.
pub struct ConnectionService {
    /// Where connections are stored.
    pub connections: Arc<dyn ConnectionStore>,
    /// How many a user may have open, and how to check which are. `None` means unlimited.
    pub limit: Option<(usize, Arc<dyn ReplySink>)>,
    /// The clock.
    pub clock: Clock,
}

impl ConnectionService {
    /// Stores a new connection, and returns whether its user may have it.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn admit(&self, record: &ConnectionRecord) -> Result<bool, StoreError> {
        // First, since the slot of a connection that is not stored is released.
        self.connections.put_connection(record).await?;
        let Some((most, sink)) = &self.limit else { return Ok(true) };
        for _ in 0..MAX_ROUNDS {
            let now = (self.clock)();
            let holders = match self.connections.claim_slot(&record.user, &record.connection, *most, now).await? {
                SlotClaim::Granted => return Ok(true),
                SlotClaim::Full(holders) => holders,
            };
            let released = self.find_closed(&record.user, holders, sink.as_ref(), now).await?;
            if released.is_empty() {
                break;
            }
            self.connections.release_places(&record.user, &released).await?;
        }
        self.connections.delete_connection(&record.user, &record.connection).await?;
        Ok(false)
    }

    // Connections that are no longer stored; if there are none, those that API Gateway no longer knows.
    async fn find_closed(
        &self,
        user: &UserId,
        holders: Vec<ConnectionId>,
        sink: &dyn ReplySink,
        now: Timestamp,
    ) -> Result<Vec<ConnectionId>, StoreError> {
        let open = self.connections.all_connections(user, now).await?;
        let (asked, forgotten): (Vec<_>, Vec<_>) = holders.into_iter().partition(|holder| open.contains(holder));
        if !forgotten.is_empty() {
            return Ok(forgotten);
        }
        let unknown = unknown_to(sink, asked).await;
        if unknown.is_empty() {
            return Ok(unknown);
        }
        sleep(ANSWER_DELAY).await;
        let closed = unknown_to(sink, unknown).await;
        for connection in &closed {
            self.connections.delete_connection(user, connection).await?;
        }
        Ok(closed)
    }
}

async fn unknown_to(sink: &dyn ReplySink, connections: Vec<ConnectionId>) -> Vec<ConnectionId> {
    let answers = connections.into_iter().map(|connection| async move {
        let is_unknown = matches!(sink.look_up(&connection).await, Err(PostError::Gone));
        is_unknown.then_some(connection)
    });
    join_all(answers).await.into_iter().flatten().collect()
}
