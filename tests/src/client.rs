use std::collections::HashMap;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a test waits for one frame.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A client that speaks raw frames, and keeps those that answer other requests than the one it waits for.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    waiting: HashMap<String, Vec<Value>>,
    /// The subprotocol that the server chose.
    pub subprotocol: Option<String>,
}

/// A rejected handshake.
#[derive(Debug)]
pub struct RejectedHandshake {
    /// The HTTP status.
    pub status: u16,
}

/// All frames that answer one request.
#[derive(Debug, Default)]
pub struct Answer {
    /// The text that a client puts together.
    pub text: String,
    /// The id of the reply's message.
    pub message_id: String,
    /// The last frame: `end` or `error`.
    pub last: Value,
    /// What came with `finish`.
    pub metadata: Value,
    /// How many frames there were.
    pub frames: usize,
}

impl Client {
    /// Opens a connection.
    pub async fn connect(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, RejectedHandshake> {
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, response)) => {
                let chosen = response.headers().get("sec-websocket-protocol");
                let subprotocol = chosen.map(|chosen| chosen.to_str().unwrap().to_owned());
                Ok(Self { socket, waiting: HashMap::new(), subprotocol })
            }
            Err(Error::Http(response)) => Err(RejectedHandshake { status: response.status().as_u16() }),
            Err(error) => panic!("no connection and no answer: {error}"),
        }
    }

    /// Sends a message in a conversation. Returns the request, by which [`Client::answer`] finds the reply.
    pub async fn say(&mut self, conversation: &str, text: &str) -> String {
        self.say_as(&uuid::Uuid::new_v4().to_string(), conversation, text).await
    }

    /// Sends a message that the client has named itself, as it would to send it again.
    pub async fn say_as(&mut self, message: &str, conversation: &str, text: &str) -> String {
        let request = uuid::Uuid::new_v4().to_string();
        self.send(json!({
            "type": "send", "requestId": request, "id": conversation, "trigger": "submit-message",
            "messages": [{"id": message, "role": "user", "parts": [{"type": "text", "text": text}]}],
            "headers": {}, "body": {},
        }))
        .await;
        request
    }

    /// Sends a script for the model to follow.
    pub async fn script(&mut self, conversation: &str, script: Value) -> String {
        self.say(conversation, &format!("script:{script}")).await
    }

    /// Answers what a waiting reply asks: with its whole message, as a page has it (see [`answers`](crate::answers)).
    pub async fn respond(&mut self, conversation: &str, message: &Value) -> String {
        let request = uuid::Uuid::new_v4().to_string();
        self.send(json!({
            "type": "send", "requestId": request, "id": conversation, "trigger": "submit-message",
            "messageId": message["id"], "messages": [message], "headers": {}, "body": {},
        }))
        .await;
        request
    }

    /// Follows the next turn that the same user starts elsewhere, as a page of its conversation does. Returns its whole reply.
    pub async fn follow_next_turn(&mut self) -> Answer {
        let turn = self.notice("turn-started").await;
        let request = uuid::Uuid::new_v4().to_string();
        self.send(json!({"type": "resume", "requestId": request, "id": turn["id"], "headers": {}, "body": {}})).await;
        self.answer(&request).await
    }

    /// Asks for an operation, and returns its answer: a `result` or an `error`.
    pub async fn ask(&mut self, operation: &str, fields: Value) -> Value {
        let request = uuid::Uuid::new_v4().to_string();
        let mut frame = fields;
        frame["type"] = operation.into();
        frame["requestId"] = request.clone().into();
        self.send(frame).await;
        self.next(&request).await
    }

    /// The data of an operation's result.
    pub async fn result(&mut self, operation: &str, fields: Value) -> Value {
        let mut answer = self.ask(operation, fields).await;
        assert_eq!(answer["type"], "result", "{answer}");
        answer["data"].take()
    }

    /// The next notice of this kind.
    pub async fn notice(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next("-").await;
            if frame["notice"] == kind {
                return frame;
            }
        }
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends what need not be a frame.
    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Sends bytes.
    pub async fn send_binary(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).await.unwrap();
    }

    /// The next frame for a request.
    pub async fn next(&mut self, request: &str) -> Value {
        loop {
            if let Some(waiting) = self.waiting.get_mut(request).filter(|waiting| !waiting.is_empty()) {
                return waiting.remove(0);
            }
            let frame = self.receive().await.unwrap_or_else(|code| panic!("the connection was closed: {code:?}"));
            let addressed = frame["requestId"].as_str().expect("every frame names its request").to_owned();
            self.waiting.entry(addressed).or_default().push(frame);
        }
    }

    /// The first text of a reply; what follows is left for [`Client::answer`].
    pub async fn first_text(&mut self, request: &str) -> String {
        let mut seen = Vec::new();
        let text = loop {
            let frame = self.next(request).await;
            seen.push(frame);
            let chunk = &seen.last().unwrap()["chunk"];
            if chunk["type"] == "text-delta" {
                break chunk["delta"].as_str().unwrap().to_owned();
            }
        };
        seen.extend(self.waiting.remove(request).unwrap_or_default());
        self.waiting.insert(request.to_owned(), seen);
        text
    }

    /// The whole answer to a request, put together as a client does it: every number in its turn.
    pub async fn answer(&mut self, request: &str) -> Answer {
        let mut answer = Answer::default();
        let mut next = 0;
        loop {
            let frame = self.next(request).await;
            answer.frames += 1;
            match frame["type"].as_str().unwrap() {
                "start" => {}
                "chunk" => {
                    assert_eq!(frame["sequence"], next, "{frame}");
                    next += 1;
                    let chunk = &frame["chunk"];
                    match chunk["type"].as_str().unwrap() {
                        "start" => answer.message_id = chunk["messageId"].as_str().unwrap().to_owned(),
                        "text-delta" => answer.text.push_str(chunk["delta"].as_str().unwrap()),
                        "finish" => answer.metadata = chunk["messageMetadata"].clone(),
                        _ => {}
                    }
                }
                _ => {
                    answer.last = frame;
                    return answer;
                }
            }
        }
    }

    /// Sends a frame again and again without waiting for any answer, until the server closes the connection, and returns the close code.
    pub async fn flood(&mut self, frame: Value) -> Option<u16> {
        let text = frame.to_string();
        let (mut sender, mut receiver) = (&mut self.socket).split();
        // Not faster than a stack that shares the test's threads can take them.
        let sending = async {
            while sender.send(Message::text(text.as_str())).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let reading = async {
            loop {
                match receiver.next().await {
                    Some(Ok(Message::Close(close))) => return close.map(|close| close.code.into()),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return None,
                }
            }
        };
        let flooding = async { tokio::join!(sending, reading).1 };
        tokio::time::timeout(TIMEOUT, flooding).await.expect("the connection is closed in time")
    }

    /// Waits until the server closes the connection, and returns the close code.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.receive().await {
                return code.map(u16::from);
            }
        }
    }

    /// Closes the connection, and waits until the functions know of it.
    pub async fn close(mut self) {
        self.socket.close(None).await.unwrap();
        while let Ok(Some(Ok(_))) = tokio::time::timeout(TIMEOUT, self.socket.next()).await {}
    }

    /// Drops the connection without a close frame, as a lost network does.
    pub async fn vanish(self) {
        drop(self.socket);
    }

    async fn receive(&mut self) -> Result<Value, Option<CloseCode>> {
        loop {
            let message = tokio::time::timeout(TIMEOUT, self.socket.next()).await.expect("a frame comes in time");
            match message {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(close))) => return Err(close.map(|close| close.code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }
}
