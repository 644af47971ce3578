//! The trait for posting frames to clients.

use async_trait::async_trait;
use bytes::Bytes;

use crate::conversation::ConnectionId;

/// Posts frames to connections.
#[async_trait]
pub trait ReplySink: Send + Sync {
    /// Posts one frame. The order of two posts in flight at once is undefined: send one at a time.
    async fn post(&self, connection: &ConnectionId, frame: Bytes) -> Result<(), PostError>;

    /// Checks that the connection is open.
    async fn look_up(&self, connection: &ConnectionId) -> Result<(), PostError>;

    /// Closes the connection.
    async fn close(&self, connection: &ConnectionId) -> Result<(), PostError>;
}

/// How a post fails.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The connection is closed. Its id is never used again.
    #[error("the connection is gone")]
    Gone,
    /// Too fast, or the client does not read. The frame was not delivered.
    #[error("the connection takes no more at the moment")]
    Busy,
    /// The outcome is not known: the frame may have been delivered.
    #[error("the gateway did not answer as it should: {0}")]
    Unknown(String),
    /// The gateway rejects the frame and would reject it again.
    #[error("the gateway refuses the frame: {0}")]
    Refused(String),
}
