//! The HTTP clients of a process: one HTTP stack and one TLS stack, rustls with ring, for the SDK and for everything else.

mod connector;
mod trust;

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;

use connector::Connector;

/// How long a connection to one of AWS's services may take.
pub const AWS_CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// Makes ring the provider of this process. To be called once, first of all; a second call changes nothing.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The client for models and issuers. It follows no redirects: a key must not travel to another address.
///
/// # Panics
/// At start-up only, when the file that `SSL_CERT_FILE` names cannot be read.
#[allow(clippy::expect_used, reason = "start-up")]
pub fn reqwest_client(connect_limit: Duration) -> reqwest::Client {
    install_crypto();
    reqwest::Client::builder()
        .tls_backend_preconfigured(trust::tls_config())
        .connect_timeout(connect_limit)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("natter/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("an HTTP client can be made")
}

/// What the clients of AWS's services share. Addresses and credentials come from the environment, as everywhere on AWS.
pub async fn aws_config() -> SdkConfig {
    let limits = TimeoutConfig::builder()
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
    Connector::client(reqwest_client(AWS_CONNECT_LIMIT))
}

/// What went wrong at the bottom of a failed call. The outer errors of HTTP clients name addresses, which may hold a secret.
pub(crate) fn innermost_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| "the call failed".to_owned(), ToString::to_string)
}
