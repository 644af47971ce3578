//! Posts to connections through API Gateway's management API.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::{Builder, SharedInterceptor, StalledStreamProtectionConfig};
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;

use super::reply_sink::{PostError, ReplySink};
use super::sdk_telemetry::WithoutTelemetry;
use super::sigv4::SigV4;
use crate::conversation::ConnectionId;
use crate::http_clients::innermost_cause;

/// How long one call may take. The post is retried then.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The connections of one stage of one API.
#[derive(Debug)]
pub struct Connections {
    client: Client,
}

impl Connections {
    /// Posts to the stage at `endpoint`, such as `https://id.execute-api.eu-west-1.amazonaws.com/live`, with the HTTP
    /// client and credentials of `aws`.
    pub fn new(aws: &SdkConfig, endpoint: &str) -> Self {
        let region = aws.region().map_or("", AsRef::as_ref);
        let mut config = Builder::from(aws)
            .push_auth_scheme(SigV4::new(region))
            .endpoint_url(endpoint.trim_end_matches('/'))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(TIMEOUT).build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            // Our signer does not read what it measures.
            .disable_clock_skew_correction(true);
        config.push_interceptor(SharedInterceptor::permanent(WithoutTelemetry));
        Self { client: Client::from_conf(config.build()) }
    }
}

#[async_trait]
impl ReplySink for Connections {
    async fn post(&self, connection: &ConnectionId, frame: Bytes) -> Result<(), PostError> {
        let post = self.client.post_to_connection().connection_id(connection.as_str()).data(Blob::new(frame));
        post.send().await.map(drop).map_err(|error| classify(&error))
    }

    async fn look_up(&self, connection: &ConnectionId) -> Result<(), PostError> {
        let get = self.client.get_connection().connection_id(connection.as_str());
        get.send().await.map(drop).map_err(|error| classify(&error))
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), PostError> {
        let delete = self.client.delete_connection().connection_id(connection.as_str());
        delete.send().await.map(drop).map_err(|error| classify(&error))
    }
}

fn classify<E: std::error::Error + 'static>(error: &SdkError<E, HttpResponse>) -> PostError {
    match error {
        // The request cannot be built, now or later.
        SdkError::ConstructionFailure(_) => PostError::Refused(innermost_cause(error)),
        SdkError::TimeoutError(_) => PostError::Unknown(format!("no answer within {} s", TIMEOUT.as_secs())),
        error => match error.raw_response().map(|response| response.status()) {
            Some(status) if status.as_u16() == 410 => PostError::Gone,
            Some(status) if status.as_u16() == 429 => PostError::Busy,
            Some(status) if status.is_client_error() => PostError::Refused(format!("status {status}")),
            Some(status) => PostError::Unknown(format!("status {status}")),
            None => PostError::Unknown(innermost_cause(error)),
        },
    }
}
