//! The client's side of a handshake.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::masked;
use super::millis::as_millis;

/// A client's handshake without its secrets.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    /// `principalId` of the authorizer's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Address of the client.
    pub source_ip: String,
    /// Its `User-Agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Its `Origin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Its query.
    pub query: Map<String, Value>,
    /// The subprotocols it offered.
    pub subprotocols: Vec<String>,
    /// How long it waited for the answer.
    #[serde(serialize_with = "as_millis")]
    pub millis: Duration,
}

impl Handshake {
    /// Adds the query and the subprotocols, with secrets masked.
    pub fn masked(self, query: &Map<String, Value>, subprotocols: Option<&str>) -> Self {
        let subprotocols = subprotocols.map(masked::subprotocols).unwrap_or_default();
        Self { query: masked::query(query), subprotocols, ..self }
    }
}
