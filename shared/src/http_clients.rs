//! The HTTP clients of a process: one TLS stack, rustls with ring, for the SDK and for everything else.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// Makes ring the provider of this process. To be called once, first of all; a second call changes nothing.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The client for models and issuers. It follows no redirects: a key must not travel to another address.
///
/// # Panics
/// At start-up only, when no certificates can be loaded.
#[allow(clippy::expect_used, reason = "start-up")]
pub fn reqwest_client(connect_limit: Duration) -> reqwest::Client {
    install_crypto();
    reqwest::Client::builder()
        .connect_timeout(connect_limit)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("natter/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("an HTTP client can be made")
}

/// What the clients of AWS's services share. Addresses and credentials come from the environment, as everywhere on AWS.
pub async fn aws_config() -> SdkConfig {
    let limits = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(aws_http_client())
        .timeout_config(limits)
        .retry_config(RetryConfig::standard())
        .load()
        .await
}

/// The HTTP client of the SDK.
pub fn aws_http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}
