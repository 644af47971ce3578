//! A model's API key that is rotated while functions run.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use natter::error::ErrorCode;
use natter::http_clients::reqwest_client;
use natter::llm::{AnthropicClient, ApiKey, LanguageModel, ModelEndpoint, OpenAiClient};

use super::{LIMITS, ask, failed, succeeded};
use crate::support::{HttpServer, SecretStore, pass};

#[tokio::test]
async fn openais_key_may_be_changed_while_functions_run() {
    let transcript = include_str!("../../fixtures/transcripts/openai.sse");
    let server = Guarded::start("authorization", "Bearer ", transcript).await;
    a_changed_key_is_found(&server, |endpoint| OpenAiClient::new(reqwest_client(LIMITS.connect), endpoint, None)).await;
}

#[tokio::test]
async fn anthropics_key_may_be_changed_while_functions_run() {
    let transcript = include_str!("../../fixtures/transcripts/anthropic.sse");
    let server = Guarded::start("x-api-key", "", transcript).await;
    a_changed_key_is_found(&server, |endpoint| AnthropicClient::new(reqwest_client(LIMITS.connect), endpoint, 100))
        .await;
}

async fn a_changed_key_is_found<Model: LanguageModel>(server: &Guarded, client: impl Fn(ModelEndpoint) -> Model) {
    let store = SecretStore::keeping("sk-old").await;
    let model = client(ModelEndpoint {
        base_url: server.http.url.clone(),
        model: "a-model".to_owned(),
        api_key: ApiKey::Secret(Arc::new(store.secret())),
        limits: LIMITS,
        trace: None,
    });
    server.change_key("sk-old");
    succeeded(ask(&model).await);

    store.keep("sk-new");
    server.change_key("sk-new");
    let (_, refused) = failed(ask(&model).await);
    assert_eq!(refused.code(), ErrorCode::Misconfigured, "the store was asked only a moment ago");
    pass(Duration::from_secs(61)).await;
    succeeded(ask(&model).await);
    succeeded(ask(&model).await);
    assert_eq!(server.seen(), ["sk-old", "sk-old", "sk-old", "sk-new", "sk-new"]);

    // Nothing helps when the store has no other key: the model is asked once, and the store once a minute.
    server.change_key("sk-unknown");
    pass(Duration::from_secs(61)).await;
    for _ in 0..3 {
        failed(ask(&model).await);
    }
    assert_eq!(server.seen().len(), 5 + 3);
    assert_eq!(store.asked(), 3);
}

/// A model server that answers to one key.
struct Guarded {
    http: HttpServer,
    key: Arc<Mutex<String>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Guarded {
    async fn start(header: &'static str, prefix: &'static str, transcript: &'static str) -> Self {
        let (key, seen) = (Arc::<Mutex<String>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let (expected, shown) = (Arc::clone(&key), Arc::clone(&seen));
        let answer = move |headers: HeaderMap| async move {
            let key = headers[header].to_str().unwrap().strip_prefix(prefix).unwrap().to_owned();
            let is_right = key == *expected.lock().unwrap();
            shown.lock().unwrap().push(key);
            match is_right {
                true => ([("content-type", "text/event-stream")], transcript).into_response(),
                false => (StatusCode::UNAUTHORIZED, "{}").into_response(),
            }
        };
        Self { http: HttpServer::start(Router::new().fallback(answer)).await, key, seen }
    }

    fn change_key(&self, key: &str) {
        *self.key.lock().unwrap() = key.to_owned();
    }

    /// The keys that came, oldest first.
    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}
