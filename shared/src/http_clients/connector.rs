//! The SDK's requests on the HTTP client that everything else uses. The SDK's own would be a second one, with roots and a pool of its
//! own to set up at every start.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

/// The SDK's way to the network. Its time limits are those of an operation and its attempts, which the SDK keeps itself.
#[derive(Debug, Clone)]
pub struct Connector {
    http: reqwest::Client,
}

impl Connector {
    /// What the SDK is configured with. All its services share the client.
    pub fn client(http: reqwest::Client) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(Self { http });
        http_client_fn(move |_, _| connector.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.http.clone();
        HttpConnectorFuture::new(async move {
            let response = http.execute(converted(request)?).await.map_err(classify)?;
            let response = http::Response::from(response).map(SdkBody::from_body_1_x);
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn converted(request: HttpRequest) -> Result<reqwest::Request, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    // No operation of ours sends a stream.
    let body = body
        .bytes()
        .map(Bytes::copy_from_slice)
        .ok_or_else(|| ConnectorError::user("a body that is a stream".into()))?;
    http::Request::from_parts(parts, body)
        .try_into()
        .map_err(|error: reqwest::Error| ConnectorError::user(error.into()))
}

// Of what went wrong on the way the SDK makes another attempt, where it is allowed to.
fn classify(error: reqwest::Error) -> ConnectorError {
    match error {
        error if error.is_timeout() => ConnectorError::timeout(error.into()),
        error if error.is_builder() => ConnectorError::user(error.into()),
        error => ConnectorError::io(error.into()),
    }
}
