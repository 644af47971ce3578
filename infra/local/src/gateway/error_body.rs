//! The body of the gateway's own error responses.

use serde::Serialize;

use super::connection::Connection;

/// `{"message": "Internal server error", "connectionId": "…", "requestId": "…"}`, in this order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody<'a> {
    message: &'a str,
    connection_id: &'a str,
    request_id: &'a str,
}

impl<'a> ErrorBody<'a> {
    /// The body for one request of one connection.
    pub fn new(message: &'a str, connection: &'a Connection, request_id: &'a str) -> Self {
        Self { message, connection_id: &connection.id, request_id }
    }

    /// As text.
    pub fn to_json(&self) -> String {
        // Three texts can always be written as JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}
