//! The WebSocket handshake of RFC 6455.
//!
//! Not axum's, since API Gateway sends no frames over 32 KB, and axum hides frames.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::limits::{MAX_FRAME_BYTES, MAX_MESSAGE_BYTES};

/// An open socket.
pub type WebSocket = WebSocketStream<TokioIo<Upgraded>>;

/// Size of each connection's read buffer. Most frames are small.
const READ_BUFFER: usize = 8 * 1024;

/// A request for a socket.
pub struct Upgrade {
    key: HeaderValue,
    offered: Vec<String>,
    upgraded: OnUpgrade,
}

impl Upgrade {
    /// The upgrade that a request asks for, if any.
    pub fn of(request: &mut Request) -> Option<Self> {
        let headers = request.headers();
        let asks = request.method() == Method::GET
            && has_word(headers, header::CONNECTION, "upgrade")
            && has_word(headers, header::UPGRADE, "websocket")
            && has_word(headers, header::SEC_WEBSOCKET_VERSION, "13");
        if !asks {
            return None;
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY)?.clone();
        let offered = words(headers, header::SEC_WEBSOCKET_PROTOCOL).map(str::to_owned).collect();
        Some(Self { key, offered, upgraded: hyper::upgrade::on(request) })
    }

    /// Whether the client offers this subprotocol.
    pub fn offers(&self, subprotocol: &str) -> bool {
        self.offered.iter().any(|offered| offered == subprotocol)
    }

    /// Accepts it. Returns the response, and the socket once the response has been sent. `None` if the client went
    /// away before.
    pub fn accept(self, subprotocol: Option<HeaderValue>) -> (Response, impl Future<Output = Option<WebSocket>>) {
        let accept = derive_accept_key(self.key.as_bytes());
        let switch = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-accept", &accept)];
        let mut response = (StatusCode::SWITCHING_PROTOCOLS, switch).into_response();
        if let Some(subprotocol) = subprotocol {
            response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
        }
        let limits = WebSocketConfig::default()
            .max_frame_size(Some(MAX_FRAME_BYTES))
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .read_buffer_size(READ_BUFFER);
        let socket = async move {
            let upgraded = TokioIo::new(self.upgraded.await.ok()?);
            Some(WebSocketStream::from_raw_socket(upgraded, Role::Server, Some(limits)).await)
        };
        (response, socket)
    }
}

fn has_word(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    words(headers, name).any(|other| other.eq_ignore_ascii_case(word))
}

/// The items of a header that is a list.
fn words(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}
