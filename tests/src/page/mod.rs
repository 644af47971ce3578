//! A page: a client that does not give up. It behaves like a browser whose socket or reply breaks off.

mod shown;
mod tools;

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::natter::Natter;
pub use shown::{End, Event, Question, Shown};
pub use tools::{Reaction, Rescuer, Way};

/// How many requests a page makes to get the reply to one message, and how often it tries to connect for one of them. A count, and
/// no time: on a busy machine everything takes longer.
const MAX_REQUESTS: usize = 40;
const MAX_CONNECTS: usize = 100;

/// The idle timeout doubles with each request for a message that nothing has answered, up to this multiple: on a busy machine a page
/// would else ask again before the answer can come, for ever.
const MAX_BACKOFF: u32 = 16;

/// The pause before the same is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(300);

/// A user's page with its own socket, which is opened on demand.
pub struct Page<'a> {
    natter: &'a Natter,
    user: String,
    socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    // How long nothing may come before the page asks again.
    idle_timeout: Duration,
    // The multiple of the idle timeout for the message.
    backoff: u32,
    // The requests that were made for the message.
    requests: usize,
}

/// What came next.
enum Incoming {
    Frame(Value),
    /// The socket is lost.
    Broken,
    Silence,
}

/// The request that the page listens to.
struct Listening {
    request: String,
    resumes: bool,
    next: u64,
}

impl<'a> Page<'a> {
    /// A page of this user, which asks again after this idle timeout.
    pub fn new(natter: &'a Natter, user: &str, idle_timeout: Duration) -> Self {
        Self { natter, user: user.to_owned(), socket: None, idle_timeout, backoff: 1, requests: 0 }
    }

    /// Sends the message and follows its reply to the end, whatever comes between. One that was asked before is answered with the
    /// reply that it had.
    pub async fn ask(&mut self, question: &Question) -> Shown {
        let (mut shown, mut last, mut chunks) = (Shown::default(), None, 0);
        // The reply that a request with the message was shown. What is resumed may be the reply to another message.
        let mut own = None;
        let mut event = question.event;
        (self.requests, self.backoff) = (0, 1);
        let mut listening = self.send(question).await;
        if let Some(Event::SentTwice { same_request }) = event {
            let first = listening.request.clone();
            listening = self.send_as(question, if same_request { first } else { new_id() }).await;
        }
        if event == Some(Event::StopAtOnce) {
            self.say(json!({"type": "abort", "requestId": listening.request})).await;
        }
        while self.requests <= MAX_REQUESTS {
            let frame = match self.next().await {
                Incoming::Frame(frame) => frame,
                Incoming::Broken => {
                    shown.note("the socket broke off");
                    self.socket = None;
                    listening = self.resume(question).await;
                    continue;
                }
                Incoming::Silence => {
                    shown.note("silence");
                    self.backoff = MAX_BACKOFF.min(self.backoff * 2);
                    listening = self.resume(question).await;
                    continue;
                }
            };
            if frame["requestId"] != listening.request.as_str() {
                continue;
            }
            shown.heard(&frame, listening.resumes);
            match frame["type"].as_str().unwrap_or_default() {
                "chunk" => match frame["sequence"].as_u64().unwrap_or_default() {
                    number if number < listening.next => {}
                    // A chunk is missing: the stock client fails the stream here, and the user resumes.
                    number if number > listening.next => listening = self.resume(question).await,
                    _ => {
                        listening.next += 1;
                        chunks += 1;
                        last = shown.take(&frame["chunk"]);
                        if !listening.resumes {
                            own = Some(shown.message_id.clone());
                        }
                        shown.acknowledged |= own.as_ref() == Some(&shown.message_id);
                        match event {
                            Some(Event::SocketLost(after)) if chunks > after => {
                                event = None;
                                self.socket = None;
                                listening = self.resume(question).await;
                            }
                            Some(Event::Stop(after)) if chunks > after => {
                                event = None;
                                self.say(json!({"type": "abort", "requestId": listening.request})).await;
                            }
                            _ => {}
                        }
                    }
                },
                // What was resumed may be the reply to another message: only a request with this one tells.
                "end" | "error" if !shown.message_id.is_empty() && own.as_ref() != Some(&shown.message_id) => {
                    shown = Shown { heard: shown.heard, ..Shown::default() };
                    sleep(RETRY_INTERVAL).await;
                    listening = self.send(question).await;
                }
                "end" => match last.take() {
                    Some(end) => {
                        shown.end = Some(end);
                        return shown;
                    }
                    // The chunk before it is missing.
                    None => listening = self.resume(question).await,
                },
                "no-active" => listening = self.send(question).await,
                "error" => match frame["code"].as_str().unwrap_or_default() {
                    "interrupted" => {
                        sleep(RETRY_INTERVAL).await;
                        listening = self.resume(question).await;
                    }
                    "internal" | "conversation_busy" => {
                        sleep(RETRY_INTERVAL).await;
                        listening =
                            if listening.resumes { self.resume(question).await } else { self.send(question).await };
                    }
                    code => {
                        shown.end = Some(End::Failed(code.to_owned()));
                        return shown;
                    }
                },
                _ => {}
            }
        }
        shown
    }

    /// Closes the socket.
    pub fn close(&mut self) {
        self.socket = None;
    }

    async fn send(&mut self, question: &Question) -> Listening {
        self.send_as(question, new_id()).await
    }

    async fn send_as(&mut self, question: &Question, request: String) -> Listening {
        self.requests += 1;
        let Question { conversation, message, text, .. } = question;
        self.say(json!({
            "type": "send", "requestId": request, "id": conversation, "trigger": "submit-message",
            "messages": [{"id": message, "role": "user", "parts": [{"type": "text", "text": text}]}],
            "headers": {}, "body": {},
        }))
        .await;
        Listening { request, resumes: false, next: 0 }
    }

    async fn resume(&mut self, question: &Question) -> Listening {
        self.requests += 1;
        let request = new_id();
        let id = &question.conversation;
        self.say(json!({"type": "resume", "requestId": request, "id": id, "headers": {}, "body": {}})).await;
        Listening { request, resumes: true, next: 0 }
    }

    // A frame that does not go out is noticed when nothing comes back.
    async fn say(&mut self, frame: Value) {
        for _ in 0..MAX_CONNECTS {
            if self.socket.is_some() {
                break;
            }
            let url = format!("{}?token={}", self.natter.stack.socket_url(), self.natter.stack.token(&self.user));
            match connect_async(url).await {
                Ok((socket, _)) => self.socket = Some(socket),
                Err(_) => sleep(RETRY_INTERVAL).await,
            }
        }
        if let Some(socket) = &mut self.socket {
            let _ = socket.send(Message::text(frame.to_string())).await;
        }
    }

    async fn next(&mut self) -> Incoming {
        let Some(socket) = &mut self.socket else { return Incoming::Broken };
        loop {
            return match timeout(self.idle_timeout * self.backoff, socket.next()).await {
                Err(_) => Incoming::Silence,
                Ok(Some(Ok(Message::Text(text)))) => match serde_json::from_str::<Value>(&text) {
                    // The gateway's own errors answer no request; the stock client closes the socket.
                    Ok(frame) if frame["requestId"].is_string() && frame["type"].is_string() => Incoming::Frame(frame),
                    _ => Incoming::Broken,
                },
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => Incoming::Broken,
                Ok(Some(Ok(_))) => continue,
            };
        }
    }
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
