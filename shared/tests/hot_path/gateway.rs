use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use http::Method;
use natter::conversation::ConnectionId;
use natter::gateway::{Connections, PostError, ReplySink};
use natter::http_clients::AwsHttp;
use tokio::time::sleep;

const LATENCY: Duration = Duration::from_millis(10);

/// API Gateway's connections: every post is made and signed as it always is, and then not sent.
pub struct UnsentPosts {
    connections: Connections,
    posts: AtomicUsize,
    last: Mutex<Bytes>,
}

impl UnsentPosts {
    pub fn new() -> Self {
        let credentials = Credentials::for_tests_with_session_token();
        let aws = SdkConfig::builder()
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let endpoint = "https://abcdefghij.execute-api.eu-west-1.amazonaws.com/live";
        let connections = Connections::new(AwsHttp::new(), endpoint, &aws);
        Self { connections, posts: AtomicUsize::default(), last: Mutex::default() }
    }

    /// How many frames were posted.
    pub fn posts(&self) -> usize {
        self.posts.load(Ordering::Relaxed)
    }

    /// The frame that was posted last.
    pub fn last(&self) -> Bytes {
        self.last.lock().unwrap().clone()
    }

    async fn pretend(&self, method: Method, connection: &ConnectionId, body: Bytes) -> Result<(), PostError> {
        black_box(self.connections.signed(method, connection, body).await?);
        sleep(LATENCY).await;
        Ok(())
    }
}

#[async_trait]
impl ReplySink for UnsentPosts {
    async fn post(&self, connection: &ConnectionId, frame: Bytes) -> Result<(), PostError> {
        self.posts.fetch_add(1, Ordering::Relaxed);
        *self.last.lock().unwrap() = frame.clone();
        self.pretend(Method::POST, connection, frame).await
    }

    async fn look_up(&self, connection: &ConnectionId) -> Result<(), PostError> {
        self.pretend(Method::GET, connection, Bytes::new()).await
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), PostError> {
        self.pretend(Method::DELETE, connection, Bytes::new()).await
    }
}
