//! Posts to connections through API Gateway's management API: the only user of its SDK.

use async_trait::async_trait;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use bytes::Bytes;

use super::reply_sink::{PostError, ReplySink};
use crate::aws_error::summary;
use crate::conversation::ConnectionId;

/// The connections of one stage of one API.
#[derive(Debug, Clone)]
pub struct Connections {
    client: Client,
}

impl Connections {
    /// `client` must have the stage's address as its endpoint, and must not retry: the audience does.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl ReplySink for Connections {
    async fn post(&self, connection: &ConnectionId, frame: Bytes) -> Result<(), PostError> {
        let post = self.client.post_to_connection().connection_id(connection.as_str());
        match post.data(Blob::new(frame)).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(classify(error)),
        }
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), PostError> {
        match self.client.delete_connection().connection_id(connection.as_str()).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(classify(error)),
        }
    }
}

// The status alone says what the kinds of exceptions say, for every operation.
fn classify<E>(error: SdkError<E>) -> PostError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(410) => PostError::Gone,
        Some(429) => PostError::Busy,
        Some(400..500) => PostError::Refused(summary(&error)),
        _ => PostError::Unknown(summary(&error)),
    }
}
