//! The subscribers of a turn.

use crate::conversation::{ConnectionId, RequestId};

/// Somebody to whom a reply is streamed: one request of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subscriber {
    /// The connection.
    pub connection: ConnectionId,
    /// The request of that connection.
    pub request: RequestId,
}
