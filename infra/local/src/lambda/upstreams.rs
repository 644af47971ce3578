//! What environments reach outside their processes: the database and what the stack itself serves.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode, header};

use super::services::Services;
use crate::crash_points::CrashPoints;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::latency::Latencies;

/// Maximum body of a call; DynamoDB takes 16 MB.
pub(super) const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// Headers that belong to one connection and not to what is passed on.
const OF_THE_CONNECTION: [HeaderName; 4] =
    [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// What lies outside an environment.
#[derive(Clone, Debug)]
pub struct Upstreams {
    /// `http://127.0.0.1:PORT` of the stack.
    pub stack_url: String,
    /// Endpoint of the database.
    pub database_url: String,
    /// What the stack itself serves.
    pub services: Services,
    /// Passes calls on to the database.
    pub client: reqwest::Client,
    /// How far away it seems.
    pub latencies: Latencies,
    /// What goes wrong by chance.
    pub faults: Faults,
    /// What goes wrong at a certain call.
    pub crash_points: CrashPoints,
    /// Where calls are recorded.
    pub journal: Journal,
}

impl Upstreams {
    /// The value of a variable for the environment at `address`: addresses of the stack and the database become its own.
    ///
    /// The stack's bare address, without a slash behind it, stays as it is: it is also a name, that of the issuer of tokens.
    pub fn seen_from(&self, address: &str, value: &str) -> String {
        match value.strip_prefix(&self.stack_url) {
            _ if value == self.database_url => format!("http://{address}"),
            Some(path) if path.starts_with('/') => format!("http://{address}{path}"),
            _ => value.to_owned(),
        }
    }

    /// Passes a call on to the database or the stack.
    pub async fn pass_on(&self, request: Request) -> Response {
        // The database is at the root, where an environment has nothing else.
        if request.uri().path() != "/" {
            return self.services.call(request).await;
        }
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MAX_REQUEST_BYTES).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let mut headers = parts.headers;
        OF_THE_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
        let answer =
            match self.client.request(parts.method, &self.database_url).headers(headers).body(body).send().await {
                Ok(answer) => answer,
                // The stack is stopping.
                Err(_) => return StatusCode::BAD_GATEWAY.into_response(),
            };
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        OF_THE_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
        (status, headers, Body::from_stream(answer.bytes_stream())).into_response()
    }
}
