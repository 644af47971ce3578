//! `@connections`, through the unmodified SDK.

use aws_config::SdkConfig;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::Builder;
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use lambda_runtime::Error;

/// A client of the API's `@connections`.
#[derive(Clone, Debug)]
pub struct Gateway {
    client: Client,
}

impl Gateway {
    /// The API at this endpoint.
    pub fn new(config: &SdkConfig, endpoint: &str) -> Self {
        Self { client: Client::from_conf(Builder::from(config).endpoint_url(endpoint).build()) }
    }

    /// Posts, and returns the outcome.
    pub async fn post(&self, connection: &str, text: &str) -> &'static str {
        match self.client.post_to_connection().connection_id(connection).data(Blob::new(text)).send().await {
            Ok(_) => "sent",
            Err(SdkError::ServiceError(error)) if error.err().is_gone_exception() => "gone",
            Err(SdkError::ServiceError(error)) if error.err().is_limit_exceeded_exception() => "too fast",
            Err(SdkError::ServiceError(error)) if error.err().is_forbidden_exception() => "forbidden",
            Err(SdkError::ServiceError(error)) if error.err().is_payload_too_large_exception() => "too large",
            Err(_) => "failed",
        }
    }

    /// Closes a connection.
    pub async fn delete(&self, connection: &str) -> Result<(), Error> {
        self.client.delete_connection().connection_id(connection).send().await?;
        Ok(())
    }
}
