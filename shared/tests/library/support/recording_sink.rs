use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use natter::conversation::ConnectionId;
use natter::gateway::{PostError, ReplySink};
use serde_json::Value;

/// A gateway that records posts and fails on demand.
#[derive(Default)]
pub struct RecordingSink {
    frames: Mutex<Vec<(ConnectionId, Value)>>,
    failures: Mutex<VecDeque<(usize, PostError)>>,
    closed: Mutex<HashSet<ConnectionId>>,
    posts: AtomicUsize,
    bytes: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    delay: Duration,
}

impl RecordingSink {
    pub fn with_delay(delay: Duration) -> Self {
        Self { delay, ..Self::default() }
    }

    /// Makes the post with this number, zero-based, fail.
    pub fn fail(self, post: usize, error: PostError) -> Self {
        self.failures.lock().unwrap().push_back((post, error));
        self
    }

    /// Makes the next post fail.
    pub fn fail_next(&self, error: PostError) {
        self.failures.lock().unwrap().push_back((self.posts.load(Ordering::SeqCst), error));
    }

    /// Opens a connection that posts and questions did not find.
    pub fn open(&self, connection: &str) {
        self.closed.lock().unwrap().remove(&connection.parse().unwrap());
    }

    /// Closes a connection: posts to it find nobody.
    pub fn close(&self, connection: &str) {
        self.closed.lock().unwrap().insert(connection.parse().unwrap());
    }

    /// Whether a connection was closed.
    pub fn is_closed(&self, connection: &str) -> bool {
        self.closed.lock().unwrap().contains(&connection.parse().unwrap())
    }

    /// The frames that were delivered to a connection, in order.
    pub fn frames(&self, connection: &str) -> Vec<Value> {
        let frames = self.frames.lock().unwrap();
        frames.iter().filter(|(to, _)| to.as_str() == connection).map(|(_, frame)| frame.clone()).collect()
    }

    /// What a client has put together from the frames for one request: it refuses gaps, skips repeated numbers, and
    /// ignores what comes behind the end.
    pub fn text(&self, connection: &str, request: &str) -> String {
        let mut next = 0;
        let mut text = String::new();
        for frame in self.frames(connection).iter().filter(|frame| frame["requestId"] == request) {
            match frame["type"].as_str().unwrap() {
                "end" | "error" => break,
                "chunk" => {}
                _ => continue,
            }
            let sequence = frame["sequence"].as_u64().unwrap();
            assert!(sequence <= next, "a gap before sequence {sequence}");
            if sequence == next {
                next += 1;
                if frame["chunk"]["type"] == "text-delta" {
                    text.push_str(frame["chunk"]["delta"].as_str().unwrap());
                }
            }
        }
        text
    }

    /// The types of the frames that were delivered to a connection, those of chunks after a slash.
    pub fn types(&self, connection: &str) -> Vec<String> {
        let name = |frame: &Value| match frame["chunk"]["type"].as_str() {
            Some(chunk) => format!("chunk/{chunk}"),
            None => frame["type"].as_str().unwrap().to_owned(),
        };
        self.frames(connection).iter().map(name).collect()
    }

    /// Waits until a frame was delivered.
    pub async fn wait_for(&self, connection: &str, wanted: impl Fn(&Value) -> bool) {
        let waiting = async {
            while !self.frames(connection).iter().any(&wanted) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("the frame comes");
    }

    /// How many posts came, and their bytes.
    pub fn posted(&self) -> (usize, usize) {
        (self.posts.load(Ordering::SeqCst), self.bytes.load(Ordering::SeqCst))
    }

    /// The most posts that were under way at once.
    pub fn most_under_way(&self) -> usize {
        self.most_under_way.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl ReplySink for RecordingSink {
    async fn post(&self, connection: &ConnectionId, frame: Bytes) -> Result<(), PostError> {
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_under_way.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(self.delay).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);

        if self.closed.lock().unwrap().contains(connection) {
            return Err(PostError::Gone);
        }
        let number = self.posts.fetch_add(1, Ordering::SeqCst);
        self.bytes.fetch_add(frame.len(), Ordering::SeqCst);
        let failure = {
            let mut failures = self.failures.lock().unwrap();
            failures.iter().position(|(post, _)| *post == number).and_then(|place| failures.remove(place))
        };
        // A post of unknown outcome is delivered here: that is the harder of its two outcomes.
        if matches!(&failure, None | Some((_, PostError::Unknown(_)))) {
            let frame = serde_json::from_slice(&frame).unwrap();
            self.frames.lock().unwrap().push((connection.clone(), frame));
        }
        failure.map_or(Ok(()), |(_, error)| Err(error))
    }

    async fn look_up(&self, connection: &ConnectionId) -> Result<(), PostError> {
        match self.closed.lock().unwrap().contains(connection) {
            true => Err(PostError::Gone),
            false => Ok(()),
        }
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), PostError> {
        match self.closed.lock().unwrap().insert(connection.clone()) {
            true => Ok(()),
            false => Err(PostError::Gone),
        }
    }
}
