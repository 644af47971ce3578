//! The gateway: the state that its connections share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::connection::{Close, Connections};
use super::routing::Selection;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::lambda::Lambda;
use crate::template::{Api, Route};

/// The gateway. Clones share it.
#[derive(Clone, Debug)]
pub struct Gateway {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub api: Api,
    selection: Selection,
    /// Host and port, as in events.
    pub domain: String,
    pub lambda: Lambda,
    pub clock: Clock,
    faults: Faults,
    /// Counts of messages and of closed connections, by which faults are drawn.
    messages: AtomicU64,
    ends: AtomicU64,
    pub journal: Journal,
    pub connections: Connections,
}

impl Gateway {
    /// Creates a gateway at `domain` (host and port). The error names what it does not support of the API.
    pub fn new(
        api: Api,
        domain: &str,
        lambda: Lambda,
        clock: Clock,
        faults: Faults,
        journal: Journal,
    ) -> Result<Self, String> {
        let shared = Shared {
            selection: Selection::parse(&api.selection_expression)?,
            api,
            domain: domain.to_owned(),
            lambda,
            clock,
            faults,
            messages: AtomicU64::new(0),
            ends: AtomicU64::new(0),
            journal,
            connections: Connections::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The route of a message, with its key.
    pub(super) fn route(&self, message: &str) -> Option<(&str, &Route)> {
        let routes = &self.shared.api.routes;
        // No message can select the routes that the gateway itself calls.
        let named = self.shared.selection.key(message).filter(|key| !key.starts_with('$'));
        let (key, route) =
            named.and_then(|key| routes.get_key_value(&key)).or_else(|| routes.get_key_value("$default"))?;
        Some((key, route))
    }

    /// Draws the close code of a fault for the message that has just arrived.
    pub(super) fn draw_close(&self) -> Option<u16> {
        self.shared.faults.closes(self.shared.messages.fetch_add(1, Ordering::Relaxed))
    }

    /// Draws whether `$disconnect` is not invoked for the connection that has just closed.
    pub(super) fn draw_lost_disconnect(&self) -> bool {
        self.shared.faults.loses_disconnect(self.shared.ends.fetch_add(1, Ordering::Relaxed))
    }

    /// Closes every connection with 1001, as API Gateway does.
    pub fn close_all(&self) {
        for connection in self.shared.connections.all() {
            connection.close(Close::going_away());
        }
    }
}
