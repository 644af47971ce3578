//! API Gateway for WebSockets: one stage, `local`, of one API.

mod authorizer;
mod connection;
mod error_body;
mod event;
mod handshake;
mod headers;
mod id;
mod integration;
mod management;
mod routing;
mod socket;
mod upgrade;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};

use crate::clock::Clock;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::lambda::Lambda;
use crate::template::{Api, Route};
use connection::Connections;
use routing::Selection;

/// Name of the one stage.
pub const STAGE: &str = "local";

/// Longest frame in bytes.
const LONGEST_FRAME: usize = 32 * 1024;
/// Longest message in bytes, in either direction.
const LONGEST_MESSAGE: usize = 128 * 1024;

/// The gateway. Clones share it.
#[derive(Clone, Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    api: Api,
    selection: Selection,
    /// Host and port, as events name them.
    domain: String,
    lambda: Lambda,
    clock: Clock,
    faults: Faults,
    /// Messages that have come and connections that have ended: the numbers that faults are drawn by.
    messages: AtomicU64,
    ends: AtomicU64,
    journal: Journal,
    connections: Connections,
}

impl Gateway {
    /// A gateway that is reached at `domain` (host and port). The error says what of the API it cannot do.
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

    /// `/local`, the socket.
    pub fn socket(&self) -> Router {
        Router::new().route(&format!("/{STAGE}"), any(handshake::connect)).with_state(self.clone())
    }

    /// `/{stage}/@connections/{id}`.
    pub fn management(&self) -> Router {
        Router::new()
            .route(
                "/{stage}/@connections/{id}",
                get(management::look_up)
                    .post(management::post)
                    .delete(management::delete)
                    .layer(from_fn_with_state(self.clone(), management::record)),
            )
            .with_state(self.clone())
    }

    /// The route of a message, with its key.
    fn route(&self, message: &str) -> Option<(&str, &Route)> {
        let routes = &self.shared.api.routes;
        // No message can name the routes that the gateway itself calls.
        let named = self.shared.selection.key(message).filter(|key| !key.starts_with('$'));
        let (key, route) =
            named.and_then(|key| routes.get_key_value(&key)).or_else(|| routes.get_key_value("$default"))?;
        Some((key, route))
    }

    /// The fault by which the message that has just come ends its connection, if it does.
    fn closes(&self) -> Option<u16> {
        self.shared.faults.closes(self.shared.messages.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether by a fault the end that has just come is not told to `$disconnect`.
    fn loses_disconnect(&self) -> bool {
        self.shared.faults.loses_disconnect(self.shared.ends.fetch_add(1, Ordering::Relaxed))
    }

    /// Closes every connection with 1001, as API Gateway does when it ends one.
    pub fn close_all(&self) {
        for connection in self.shared.connections.all() {
            connection.close(connection::Close::going_away());
        }
    }
}
