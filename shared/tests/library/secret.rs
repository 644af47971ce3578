//! Secrets, fetched with the real SDK from a server that answers as Secrets Manager does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use natter::secret::Secret;

use crate::support::HttpServer;

#[tokio::test]
async fn a_secret_is_fetched_once_and_failures_are_not_remembered() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    // The first answer is a failure.
    let answer = move |body: String| async move {
        assert!(body.contains("model-key"));
        match count.fetch_add(1, Ordering::SeqCst) {
            0 => (StatusCode::BAD_REQUEST, r#"{"__type":"AccessDeniedException"}"#),
            _ => (StatusCode::OK, r#"{"Name":"model-key","SecretString":"sk-123\n"}"#),
        }
    };
    let server = HttpServer::start(Router::new().route("/", post(answer))).await;
    let secret = Secret::kept(client(server.url.clone()), "model-key".to_owned());

    let refused = secret.value().await.unwrap_err();
    assert!(refused.to_string().contains("model-key"), "{refused}");
    assert_eq!(secret.value().await.unwrap(), "sk-123");
    assert_eq!(secret.value().await.unwrap(), "sk-123");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(!format!("{secret:?}").contains("sk-123"));
}

fn client(endpoint: String) -> Client {
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(endpoint)
        .region(Region::new("local"))
        .credentials_provider(Credentials::for_tests())
        .retry_config(RetryConfig::disabled())
        .http_client(natter::http_clients::aws_http_client())
        .build();
    Client::from_conf(config)
}
