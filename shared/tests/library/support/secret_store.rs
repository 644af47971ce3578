use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use natter::secret::Secret;
use serde_json::json;

use super::HttpServer;

/// A server that answers as Secrets Manager does and keeps one secret, called `model-key`.
pub struct SecretStore {
    server: HttpServer,
    value: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
    is_silent: Arc<AtomicBool>,
}

impl SecretStore {
    /// A store that refuses until it is given a value.
    pub async fn start() -> Self {
        let (value, asked) = (Arc::<Mutex<Option<String>>>::default(), Arc::<AtomicUsize>::default());
        let is_silent = Arc::<AtomicBool>::default();
        let (kept, count, silent) = (Arc::clone(&value), Arc::clone(&asked), Arc::clone(&is_silent));
        let answer = move |body: String| async move {
            assert!(body.contains("model-key"));
            count.fetch_add(1, Ordering::SeqCst);
            if silent.load(Ordering::SeqCst) {
                return std::future::pending().await;
            }
            match &*kept.lock().unwrap() {
                None => (StatusCode::BAD_REQUEST, json!({ "__type": "AccessDeniedException" }).to_string()),
                Some(value) => (StatusCode::OK, json!({ "Name": "model-key", "SecretString": value }).to_string()),
            }
        };
        Self { server: HttpServer::start(Router::new().route("/", post(answer))).await, value, asked, is_silent }
    }

    /// A store with a value.
    pub async fn keeping(value: &str) -> Self {
        let store = Self::start().await;
        store.keep(value);
        store
    }

    /// Changes the value.
    pub fn keep(&self, value: &str) {
        *self.value.lock().unwrap() = Some(value.to_owned());
    }

    /// Refuses from now on.
    pub fn refuse(&self) {
        *self.value.lock().unwrap() = None;
    }

    /// Answers nothing from now on.
    pub fn fall_silent(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// The secret, as a function has it.
    pub fn secret(&self) -> Secret {
        let config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .endpoint_url(self.server.url.clone())
            .region(Region::new("local"))
            .credentials_provider(Credentials::for_tests())
            .retry_config(RetryConfig::disabled())
            .http_client(natter::http_clients::AwsHttp::new().for_sdk())
            .build();
        Secret::kept(Client::from_conf(config), "model-key".to_owned())
    }
}
