//! An open socket: messages in, messages out, limits, and the end.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{FutureExt, SinkExt, StreamExt};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::connection::{self, Close, Connection, Tasks};
use super::error_body::ErrorBody;
use super::integration::{self, IntegrationError};
use super::limits::MAX_FRAME_BYTES;
use super::service::Gateway;
use super::upgrade::WebSocket;
use super::{event, id};
use crate::events::{Event, Excerpt};

/// How long a connection may be silent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// How long a connection may last.
const MAX_CONNECTION_AGE: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a client has to read the last frames once its connection is being closed.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// Who ended a connection.
enum End {
    /// The client closed it, or is gone.
    Client(Close),
    /// The gateway closes it.
    Gateway(Close),
    /// The gateway closes it and will not read what the client is still sending.
    Unread(Close),
}

/// Serves a connection until it closes, then invokes `$disconnect`.
pub(super) async fn serve(gateway: Gateway, connection: Arc<Connection>, tasks: Tasks, socket: WebSocket) {
    let Tasks { outgoing, closing } = tasks;
    let (sink, mut stream) = socket.split();
    let (last, last_frame) = oneshot::channel();
    let mut writer = pin!(write(&gateway, &connection, outgoing, last_frame, sink).fuse());
    let end = tokio::select! {
        biased;
        end = read(&gateway, &connection, closing, &mut stream) => end,
        () = &mut writer => End::Client(Close::abnormal()),
    };
    let (End::Client(close) | End::Gateway(close) | End::Unread(close)) = &end;
    let draining = async {
        if !matches!(end, End::Client(_)) {
            // The writer has ended already if the client is gone.
            let _ = last.send(Message::Close(Some(CloseFrame {
                code: close.code.into(),
                reason: close.reason.as_str().into(),
            })));
            writer.await;
        }
        // Reading on sends the answer to the client's close frame, or takes in the client's answer to ours.
        while let Some(Ok(_)) = stream.next().await {}
        if matches!(end, End::Unread(_)) {
            // Closing a socket with unread bytes resets it, and the client might never see the close frame.
            tokio::time::sleep(DRAIN_TIMEOUT).await;
        }
    };
    // A client that does not drain in time is dropped.
    let _ = tokio::join!(tokio::time::timeout(DRAIN_TIMEOUT, draining), disconnect(&gateway, &connection, close));
}

/// Removes a connection and invokes `$disconnect`, whose response nobody waits for.
pub(super) async fn disconnect(gateway: &Gateway, connection: &Connection, close: &Close) {
    gateway.shared.connections.remove(&connection.id);
    gateway.shared.journal.record(|| Event::ConnectionClosed {
        connection: connection.id.clone(),
        code: close.code,
        reason: close.reason.clone(),
    });
    if gateway.draw_lost_disconnect() {
        return;
    }
    if let Some(route) = gateway.shared.api.routes.get("$disconnect") {
        let event = event::disconnect(gateway, connection, close, &id::new());
        // Best effort, as on AWS: a failure is on the terminal and nowhere else.
        let _ = integration::invoke(gateway, route, event).await;
    }
}

/// Reads messages until the connection closes. Each is handled concurrently: they may overtake each other, as on AWS.
async fn read(
    gateway: &Gateway,
    connection: &Arc<Connection>,
    mut closing: watch::Receiver<Option<Close>>,
    stream: &mut SplitStream<WebSocket>,
) -> End {
    let clock = &gateway.shared.clock;
    let last_moment = clock.now() + MAX_CONNECTION_AGE;
    loop {
        let idle_until = connection.last_activity().moment + IDLE_TIMEOUT;
        tokio::select! {
            message = stream.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let request_id = id::new();
                    gateway.shared.journal.record(|| Event::FrameIn {
                        connection: connection.id.clone(),
                        gateway_request: request_id.clone(),
                        body: Excerpt::of(text.as_bytes()),
                    });
                    if let Some(code) = gateway.draw_close() {
                        return End::Gateway(Close::new(code, ""));
                    }
                    connection.mark_active(clock);
                    tokio::spawn(deliver(gateway.clone(), connection.clone(), text.to_string(), request_id));
                }
                Some(Ok(Message::Binary(_))) => return End::Gateway(Close::new(1003, "")),
                // Whether these keep a connection alive on AWS is not known, so they do not.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(frame))) => return End::Client(Close::by_client(frame.map(|frame| (frame.code.into(), frame.reason.to_string())))),
                // Reading gives whole messages only.
                Some(Ok(Message::Frame(_))) => {}
                Some(Err(error)) => return broken(error),
                None => return End::Client(Close::abnormal()),
            },
            () = clock.sleep_until(idle_until.min(last_moment)) => {
                let now = clock.now();
                // Messages to the client count too, and have not woken this loop.
                if now >= last_moment || now >= connection.last_activity().moment + IDLE_TIMEOUT {
                    return End::Gateway(Close::going_away());
                }
            }
            asked = closing.wait_for(Option::is_some) => match asked.as_deref() {
                Ok(Some(close)) => return End::Gateway(close.clone()),
                // The sender lives in the connection, so this is not reached.
                _ => return End::Gateway(Close::going_away()),
            },
        }
    }
}

/// Sends the queued messages in order, then `last`.
async fn write(
    gateway: &Gateway,
    connection: &Connection,
    mut outgoing: mpsc::Receiver<Message>,
    mut last: oneshot::Receiver<Message>,
    mut sink: SplitSink<WebSocket, Message>,
) {
    loop {
        let message = tokio::select! {
            biased;
            Some(message) = outgoing.recv() => message,
            Ok(message) = &mut last => message,
            else => return,
        };
        let (ends, bytes) = (matches!(message, Message::Close(_)), connection::size(&message));
        // A copy of the handle, not of the bytes.
        let sent = message.clone();
        let mut frames = futures::stream::iter(frames(message).into_iter().map(Ok));
        if sink.send_all(&mut frames).await.is_err() || ends {
            return;
        }
        connection.release(bytes);
        gateway
            .shared
            .journal
            .record(|| Event::FrameOut { connection: connection.id.clone(), body: Excerpt::of(sent.into_data()) });
        connection.mark_active(&gateway.shared.clock);
    }
}

/// Splits a message into frames as long as those of API Gateway.
fn frames(message: Message) -> Vec<Message> {
    let (kind, content): (Data, Bytes) = match message {
        Message::Text(text) if text.len() > MAX_FRAME_BYTES => (Data::Text, text.into()),
        Message::Binary(content) if content.len() > MAX_FRAME_BYTES => (Data::Binary, content),
        short => return vec![short],
    };
    let frame = |start: usize| {
        let end = content.len().min(start + MAX_FRAME_BYTES);
        let kind = if start == 0 { kind } else { Data::Continue };
        Message::Frame(Frame::message(content.slice(start..end), OpCode::Data(kind), end == content.len()))
    };
    (0..content.len()).step_by(MAX_FRAME_BYTES).map(frame).collect()
}

/// Invokes the function of a message's route, and sends the client its response or the error.
async fn deliver(gateway: Gateway, connection: Arc<Connection>, text: String, request_id: String) {
    let error = |message| ErrorBody::new(message, &connection, &request_id).to_json();
    let response = match gateway.route(&text) {
        Some((key, route)) => {
            let event = event::message(&gateway, &connection, key, &text, &request_id);
            match integration::invoke(&gateway, route, event).await {
                // Nothing reaches the client without a route response, whatever the status.
                Ok(answer) => answer.body.filter(|_| route.responds),
                Err(IntegrationError::Failed) => Some(error("Internal server error")),
                Err(IntegrationError::TimedOut) => Some(error("Endpoint request timed out")),
            }
        }
        None => Some(error("Forbidden")),
    };
    if let Some(response) = response {
        // A client that does not read its frames does not get this one either.
        let _ = connection.send(Message::Text(response.into()));
    }
}

/// What a broken stream means for the connection.
fn broken(error: SocketError) -> End {
    match error {
        SocketError::Capacity(_) => End::Unread(Close::new(1009, "")),
        SocketError::Utf8(_) => End::Unread(Close::new(1007, "")),
        SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Client(Close::abnormal()),
        SocketError::Protocol(_) => End::Unread(Close::new(1002, "")),
        _ => End::Client(Close::abnormal()),
    }
}
