//! Single frames to connections, outside a reply's stream.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use tokio::time::sleep;

use super::reply_sink::{PostError, ReplySink};
use crate::conversation::{Clock, ConnectionId, UserId};
use crate::db::{ConnectionStore, StoreError};
use crate::protocol::{Notice, ServerFrame};

/// How long a handshake takes at most: API Gateway waits for the authorizer and for `connect`, 29 seconds each. Until then it
/// answers posts as if the connection were closed.
const MAX_HANDSHAKE_TIME: Duration = Duration::from_secs(60);

/// How often a frame is posted at most, and the pause between.
const MAX_ATTEMPTS: u32 = 4;
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// Posts single frames, and forgets connections that turn out to be closed.
#[derive(Clone)]
pub struct Notifier {
    /// How frames reach clients.
    pub sink: Arc<dyn ReplySink>,
    /// Who is connected.
    pub connections: Arc<dyn ConnectionStore>,
    /// The clock.
    pub clock: Clock,
}

impl Notifier {
    /// Posts a frame to a connection of a user. What cannot be delivered is dropped: a client that misses it is no
    /// worse off than one that was not connected.
    pub async fn send(&self, user: &UserId, connection: &ConnectionId, frame: Bytes) {
        for attempt in 1..=MAX_ATTEMPTS {
            match self.sink.post(connection, frame.clone()).await {
                Ok(()) => return,
                Err(PostError::Gone) => return self.forget(user, connection).await,
                Err(PostError::Refused(cause)) => {
                    return tracing::error!(%connection, cause, "the gateway rejected a frame");
                }
                Err(PostError::Busy | PostError::Unknown(_)) if attempt < MAX_ATTEMPTS => {
                    sleep(RETRY_PAUSE * attempt).await
                }
                Err(error) => return tracing::warn!(%connection, %error, "delivering a frame failed"),
            }
        }
    }

    /// Sends a notice to all connections of a user except one, concurrently. Failures are only logged.
    pub async fn send_to_all(&self, user: &UserId, except: Option<&ConnectionId>, notice: Notice<'_>) {
        let frame = ServerFrame::notice(notice).encode();
        let connections = match self.connections.connections(user, (self.clock)()).await {
            Ok(connections) => connections,
            Err(error) => return tracing::warn!(%error, "notifying the user's connections failed"),
        };
        let others = connections.iter().filter(|connection| Some(*connection) != except);
        join_all(others.map(|connection| self.send(user, connection, frame.clone()))).await;
    }

    /// Closes a connection. If that fails, its client is no worse off than before.
    pub async fn close(&self, connection: &ConnectionId) {
        match self.sink.close(connection).await {
            Ok(()) | Err(PostError::Gone) => {}
            Err(error) => tracing::warn!(%connection, %error, "closing a connection failed"),
        }
    }

    /// Forgets a connection that is closed.
    pub async fn forget(&self, user: &UserId, connection: &ConnectionId) {
        let opened_before = (self.clock)() - MAX_HANDSHAKE_TIME;
        // The item expires by itself; a failure costs a post or two that reach nobody.
        let _ = self.connections.delete_opened_before(user, connection, opened_before).await;
    }

    /// Asks a client to reconnect whose connection will be closed soon, and closes a connection that has ended. `frame`
    /// is the notice.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn announce_end(&self, user: &UserId, connection: &ConnectionId, frame: Bytes) -> Result<(), StoreError> {
        if self.connections.end_connection(user, connection, (self.clock)()).await? {
            self.close(connection).await;
        } else if self.connections.mark_noticed(user, connection).await? {
            self.send(user, connection, frame).await;
        }
        Ok(())
    }
}
