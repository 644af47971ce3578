use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use natter::conversation::ConnectionId;
use natter::gateway::{Connections, PostError, ReplySink};
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
        let connector = SharedHttpConnector::new(Nowhere);
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let connections = Connections::new(&aws, "https://abcdefghij.execute-api.eu-west-1.amazonaws.com/live");
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
}

#[async_trait]
impl ReplySink for UnsentPosts {
    async fn post(&self, connection: &ConnectionId, frame: Bytes) -> Result<(), PostError> {
        self.posts.fetch_add(1, Ordering::Relaxed);
        *self.last.lock().unwrap() = frame.clone();
        self.connections.post(connection, frame).await
    }

    async fn look_up(&self, connection: &ConnectionId) -> Result<(), PostError> {
        self.connections.look_up(connection).await
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), PostError> {
        self.connections.close(connection).await
    }
}

/// Where a signed request goes.
#[derive(Debug)]
struct Nowhere;

impl HttpConnector for Nowhere {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(async {
            sleep(LATENCY).await;
            Ok(HttpResponse::new(StatusCode::try_from(200).unwrap(), SdkBody::empty()))
        })
    }
}
