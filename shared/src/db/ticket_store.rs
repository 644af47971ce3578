//! The trait of a store of tickets.

use async_trait::async_trait;

use super::error::StoreError;
use crate::auth::Identity;
use crate::conversation::Timestamp;

/// Keeps tickets until they are used.
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// Keeps a ticket.
    async fn put_ticket(&self, ticket: &TicketRecord) -> Result<(), StoreError>;

    /// Uses up the ticket with this digest, and tells whose it was. `None` if there is none that is good now: of two who use
    /// it, even at the same moment, one gets it.
    async fn take_ticket(&self, digest: &str, now: Timestamp) -> Result<Option<Identity>, StoreError>;
}

/// A ticket as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRecord {
    /// Its digest; the ticket itself is not kept.
    pub digest: String,
    /// Whose it is, and when their token ends.
    pub identity: Identity,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
}
