//! A client of the probe's sockets, for tests: those of the facts, and those of the local stack.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a library of tests")]

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::http::{HeaderName, Request, Response};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// No frame that reaches a client may be longer.
const MAX_FRAME_BYTES: usize = 32 * 1024;

/// A client. Whatever it waits for, it waits for a bounded time.
#[derive(Debug)]
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    timeout: Duration,
    /// The server's answer to the upgrade.
    pub handshake: Response<Option<Vec<u8>>>,
}

/// A rejected handshake.
#[derive(Debug)]
pub struct RejectedHandshake {
    /// The HTTP status; 0 where there was no answer that a client takes.
    pub status: u16,
    /// The answer's body; null where it is not JSON.
    pub body: Value,
}

impl Client {
    /// Opens a connection. Nothing that it waits for later may take longer than `timeout`.
    pub async fn connect(url: &str, headers: &[(&str, &str)], timeout: Duration) -> Result<Self, RejectedHandshake> {
        let mut request: Request<()> = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let limits = WebSocketConfig::default().max_frame_size(Some(MAX_FRAME_BYTES));
        let connecting = connect_async_with_config(request, Some(limits), true);
        match tokio::time::timeout(timeout, connecting).await.expect("a handshake takes too long") {
            Ok((socket, handshake)) => Ok(Self { socket, timeout, handshake }),
            Err(Error::Http(response)) => Err(RejectedHandshake {
                status: response.status().as_u16(),
                body: serde_json::from_slice(response.body().as_deref().unwrap_or_default()).unwrap_or_default(),
            }),
            Err(Error::Protocol(_)) => Err(RejectedHandshake { status: 0, body: Value::Null }),
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a text.
    pub async fn send(&mut self, text: impl ToString) {
        self.send_message(Message::text(text.to_string())).await;
    }

    /// Sends a message. A socket that the other side closes in mid-send is what some facts are about.
    pub async fn send_message(&mut self, message: Message) {
        let _ = tokio::time::timeout(self.timeout, self.socket.send(message)).await;
    }

    /// Sends a JSON object that begins with `beginning`, which ends within a text, in frames of `bytes` each.
    pub async fn send_in_frames(&mut self, beginning: &str, frames: usize, bytes: usize) {
        let filling = "x".repeat(frames * bytes - beginning.len() - 2);
        let text = format!("{beginning}{filling}\"}}");
        for (number, part) in text.into_bytes().chunks(bytes).enumerate() {
            let kind = if number == 0 { Data::Text } else { Data::Continue };
            let frame = Frame::message(part.to_vec(), OpCode::Data(kind), number + 1 == frames);
            self.send_message(Message::Frame(frame)).await;
        }
    }

    /// The next text.
    pub async fn text(&mut self) -> String {
        loop {
            match self.next().await {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("a text was expected, not {other:?}"),
            }
        }
    }

    /// The next text, as JSON.
    pub async fn json(&mut self) -> Value {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
    }

    /// Sends a message and returns the response.
    pub async fn ask(&mut self, message: Value) -> Value {
        self.send(message).await;
        self.json().await
    }

    /// The event in which a text reaches its function.
    pub async fn event_of(&mut self, text: &str) -> Value {
        self.send(text).await;
        self.json().await["event"].take()
    }

    /// The id of this connection.
    pub async fn id(&mut self) -> String {
        self.event_of("{}").await["requestContext"]["connectionId"].as_str().unwrap().to_owned()
    }

    /// Nothing that was sent before is answered with a text: an echo asked for now is the next one.
    pub async fn hears_nothing_else(&mut self) {
        let event = self.event_of(&json!({"do": "echo", "mark": "last"}).to_string()).await;
        assert!(event["body"].as_str().is_some_and(|body| body.contains("mark")), "{event}");
    }

    /// What the server's close frame says; messages before it are passed over.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
                Some(Ok(Message::Close(None))) => return (1005, String::new()),
                Some(Ok(_)) => {}
                other => panic!("a close frame was expected, not {other:?}"),
            }
        }
    }

    /// Closes the socket with a code and a reason, or without.
    pub async fn close(mut self, frame: Option<(u16, &'static str)>) {
        let frame =
            frame.map(|(code, reason)| CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(reason) });
        tokio::time::timeout(self.timeout, self.socket.close(frame)).await.unwrap().unwrap();
        while let Some(Ok(_)) = self.next().await {}
    }

    async fn next(&mut self) -> Option<Result<Message, Error>> {
        tokio::time::timeout(self.timeout, self.socket.next()).await.expect("it takes too long")
    }
}
