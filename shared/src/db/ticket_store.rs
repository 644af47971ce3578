//! The trait of a store of tickets.

use async_trait::async_trait;

use super::error::StoreError;
use crate::auth::Identity;
use crate::conversation::Timestamp;

/// Stores tickets until they are used.
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// Stores a ticket.
    async fn put_ticket(&self, ticket: &TicketRecord) -> Result<(), StoreError>;

    /// Consumes the ticket with this digest, and returns its identity. `None` if there is no valid one: of two
    /// concurrent uses one succeeds.
    async fn take_ticket(&self, digest: &str, now: Timestamp) -> Result<Option<Identity>, StoreError>;
}

/// A ticket as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRecord {
    /// Its digest; the ticket itself is not stored.
    pub digest: String,
    /// Its user, and when their token expires.
    pub identity: Identity,
    /// When it expires, used or not.
    pub expires_at: Timestamp,
}
