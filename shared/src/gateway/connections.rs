//! Posts to connections through API Gateway's management API: the only user of its SDK.

use async_trait::async_trait;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::error::{DisplayErrorContext, SdkError};
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use bytes::Bytes;

use super::reply_sink::{PostError, ReplySink};
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
}

fn classify(error: SdkError<PostToConnectionError>) -> PostError {
    let status = error.raw_response().map(|response| response.status().as_u16());
    let service = error.as_service_error();
    match (status, service) {
        (_, Some(PostToConnectionError::GoneException(_))) | (Some(410), _) => PostError::Gone,
        (_, Some(PostToConnectionError::LimitExceededException(_))) | (Some(429), _) => PostError::Busy,
        (Some(400..500), _) => PostError::Refused(DisplayErrorContext(error).to_string()),
        _ => PostError::Unknown(DisplayErrorContext(error).to_string()),
    }
}
