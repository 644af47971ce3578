//! A stack with the probe in every role, and a client for its socket.

use std::path::PathBuf;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use natter_local::{Builder, LocalStack};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub const MESSAGE: &str = "MessageFunction";

/// How long a test waits for anything.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A stack of the test's template.
pub async fn stack() -> LocalStack {
    builder().start().await.unwrap()
}

pub fn builder() -> Builder {
    LocalStack::builder(template()).functions(programs()).variables(variables())
}

pub fn template() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/template.yaml")
}

pub fn variables() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/dev.env")
}

/// A stack of the test's template in which `from` stands as `to`. The folder holds the changed template.
pub fn changed(from: &str, to: &str) -> (Builder, tempfile::TempDir) {
    let text = std::fs::read_to_string(template()).unwrap();
    assert!(text.contains(from), "{from} is not in the template");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.yaml");
    std::fs::write(&file, text.replace(from, to)).unwrap();
    (LocalStack::builder(file).functions(programs()).variables(variables()), folder)
}

/// Where cargo puts the probe (`cargo build --package natter-probe`): above the folder of this test.
pub fn programs() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

/// Waits for `work`, but not for ever.
pub async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, work).await.expect("it takes too long")
}

/// Waits until `condition` holds.
pub async fn until(mut condition: impl AsyncFnMut() -> bool) {
    soon(async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// A client for plain HTTP.
pub fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().unwrap()
}

/// An operation of DynamoDB, asked of the stack's database without a function in between.
pub async fn operation(stack: &LocalStack, operation: &str, request: Value) -> Value {
    let authorization =
        "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
    let response = http()
        .post(stack.database_url())
        .header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"))
        .header("Content-Type", "application/x-amz-json-1.0")
        .header("X-Amz-Date", "20260101T000000Z")
        .header("Authorization", authorization)
        .body(request.to_string());
    response.send().await.unwrap().json().await.unwrap()
}

/// A client with an open socket.
#[derive(Debug)]
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    /// Connects with this query; the handshake must succeed.
    pub async fn connect(stack: &LocalStack, query: &str) -> Self {
        Self::try_connect(stack, query).await.unwrap()
    }

    /// Connects, or gives the status with which that is refused.
    pub async fn try_connect(stack: &LocalStack, query: &str) -> Result<Self, u16> {
        match soon(connect_async(format!("{}?{query}", stack.socket_url()))).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a text.
    pub async fn send(&mut self, text: impl ToString) {
        // A socket that the other side closes in mid-send is what some tests are about.
        let _ = soon(self.socket.send(Message::text(text.to_string()))).await;
    }

    /// The next text.
    pub async fn text(&mut self) -> String {
        loop {
            match soon(self.socket.next()).await {
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

    /// What the server's close frame says; messages before it are passed over.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match soon(self.socket.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
                Some(Ok(Message::Close(None))) => return (1005, String::new()),
                Some(Ok(_)) => {}
                other => panic!("a close frame was expected, not {other:?}"),
            }
        }
    }

    /// Closes the socket with a code and a reason, or without.
    pub async fn close(mut self, frame: Option<(u16, &str)>) {
        let frame = frame.map(|(code, reason)| tungstenite::protocol::CloseFrame {
            code: CloseCode::from(code),
            reason: reason.into(),
        });
        soon(self.socket.close(frame)).await.unwrap();
        while let Some(Ok(_)) = soon(self.socket.next()).await {}
    }

    /// Nothing that was sent before is answered with a text: an echo asked for now is the next one.
    pub async fn hears_nothing_else(&mut self) {
        self.send(r#"{"do": "echo", "mark": "last"}"#).await;
        let next = self.json().await;
        assert!(next["event"]["body"].as_str().is_some_and(|body| body.contains("mark")), "{next}");
    }

    /// The id of this connection.
    pub async fn id(&mut self) -> String {
        self.send(r#"{"do": "echo"}"#).await;
        self.json().await["event"]["requestContext"]["connectionId"].as_str().unwrap().to_owned()
    }
}
