//! Clients that send timestamped frames and collect the responses.

use std::error::Error;
use std::time::Duration;

use futures::stream::SplitSink;
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::clock::now;

/// How long the last responses may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The timestamps of one frame, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Echo {
    /// The client sent it.
    pub sent: u64,
    /// The function had it.
    pub invoked: u64,
    /// The function posted its answer.
    pub posted: u64,
    /// The client had the answer.
    #[serde(default)]
    pub arrived: u64,
    /// The function's process.
    pub process: u32,
}

/// Open connections with one queue of responses.
pub struct Clients {
    sinks: Vec<SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Message>>,
    echoes: mpsc::UnboundedReceiver<Echo>,
}

impl Clients {
    /// Opens this many connections.
    pub async fn connect(url: &str, connections: usize) -> Result<Self, Box<dyn Error>> {
        let (arrivals, echoes) = mpsc::unbounded_channel();
        let mut sinks = Vec::new();
        for _ in 0..connections {
            let (socket, _) = connect_async(url).await?;
            if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
                stream.set_nodelay(true)?;
            }
            let (sink, mut stream) = socket.split();
            let arrivals = arrivals.clone();
            tokio::spawn(async move {
                while let Some(Ok(message)) = stream.next().await {
                    let arrived = now();
                    if let Ok(echo) = serde_json::from_slice(&message.into_data()) {
                        // Responses that arrive after the measurement are discarded.
                        let _ = arrivals.send(Echo { arrived, ..echo });
                    }
                }
            });
            sinks.push(sink);
        }
        Ok(Self { sinks, echoes })
    }

    /// Sends frames on the first connection, each when the one before has been answered.
    pub async fn one_by_one(&mut self, frames: usize) -> Result<Vec<Echo>, Box<dyn Error>> {
        let mut echoes = Vec::with_capacity(frames);
        for _ in 0..frames {
            self.send(0).await?;
            echoes.extend(tokio::time::timeout(DRAIN_TIMEOUT, self.echoes.recv()).await?);
        }
        Ok(echoes)
    }

    /// Sends `rate` frames a second for this many seconds, on all connections in turn, without waiting for responses.
    pub async fn at_rate(&mut self, rate: u32, seconds: u32) -> Result<Vec<Echo>, Box<dyn Error>> {
        let mut echoes = Vec::new();
        let mut pace = tokio::time::interval(Duration::from_secs(1) / rate);
        for frame in 0..(rate * seconds) as usize {
            pace.tick().await;
            self.send(frame % self.sinks.len()).await?;
            while let Ok(echo) = self.echoes.try_recv() {
                echoes.push(echo);
            }
        }
        while echoes.len() < (rate * seconds) as usize {
            match tokio::time::timeout(DRAIN_TIMEOUT, self.echoes.recv()).await {
                Ok(Some(echo)) => echoes.push(echo),
                // The report shows what is missing.
                _ => break,
            }
        }
        Ok(echoes)
    }

    async fn send(&mut self, connection: usize) -> Result<(), Box<dyn Error>> {
        let frame = json!({"action": "echo", "sent": now()}).to_string();
        Ok(self.sinks[connection].send(Message::text(frame)).await?)
    }
}
