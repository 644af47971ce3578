//! Posts to connections through API Gateway's management API.
//!
//! The SDK's client of this API would find out anew for each of a reply's some fifty posts what all of them have in common.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::RwLock;
use tokio::time::timeout;

use super::reply_sink::{PostError, ReplySink};
use super::signature::Signer;
use crate::conversation::{ConnectionId, Timestamp};
use crate::http_clients::{AwsHttp, innermost_cause};

/// How long one call may take. The audience posts again then.
const LIMIT: Duration = Duration::from_secs(3);

/// What may not stand in a path as it is.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The connections of one stage of one API.
#[derive(Debug)]
pub struct Connections {
    http: AwsHttp,
    endpoint: String,
    region: String,
    provider: Option<SharedCredentialsProvider>,
    signer: RwLock<Option<Arc<Signer>>>,
}

impl Connections {
    /// Posts with `http` to the stage at `endpoint`, such as `https://id.execute-api.eu-west-1.amazonaws.com/live`, in the name of those
    /// whose credentials `aws` has.
    pub fn new(http: AwsHttp, endpoint: &str, aws: &SdkConfig) -> Self {
        Self {
            http,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region: aws.region().map(ToString::to_string).unwrap_or_default(),
            provider: aws.credentials_provider(),
            signer: RwLock::default(),
        }
    }

    async fn call(&self, method: Method, connection: &ConnectionId, body: Bytes) -> Result<(), PostError> {
        let request = self.signed(method, connection, body).await?;
        match timeout(LIMIT, self.http.call(request)).await {
            Ok(Ok(response)) => classify(response.status()),
            Ok(Err(error)) => Err(PostError::Unknown(innermost_cause(&error))),
            Err(_) => Err(PostError::Unknown(format!("no answer within {} s", LIMIT.as_secs()))),
        }
    }

    /// The call of `method` for `connection`, ready to be sent: signed anew each time, since a signature is of a moment and a body.
    ///
    /// # Errors
    /// There are no credentials, or of these parts no request can be made.
    pub async fn signed(
        &self,
        method: Method,
        connection: &ConnectionId,
        body: Bytes,
    ) -> Result<Request<SdkBody>, PostError> {
        let now = Timestamp::now();
        let signer = self.signer(now).await?;
        let url = format!("{}/@connections/{}", self.endpoint, utf8_percent_encode(connection.as_str(), &RESERVED));
        let address = Uri::try_from(url).map_err(unmakable)?;
        let headers = signer.headers(&method, &address, &body, now).map_err(unmakable)?;
        let mut request = Request::new(SdkBody::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = address;
        *request.headers_mut() = headers;
        Ok(request)
    }

    // A function's credentials are in its environment and do not end before it does.
    async fn signer(&self, now: Timestamp) -> Result<Arc<Signer>, PostError> {
        if let Some(known) = self.signer.read().await.as_ref().filter(|known| known.is_good(now)) {
            return Ok(Arc::clone(known));
        }
        let provider =
            self.provider.as_ref().ok_or_else(|| PostError::Unknown("there are no credentials".to_owned()))?;
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| PostError::Unknown(innermost_cause(&error)))?;
        let signer = Arc::new(Signer::new(credentials, &self.region, now).map_err(unmakable)?);
        Ok(Arc::clone(self.signer.write().await.insert(signer)))
    }
}

#[async_trait]
impl ReplySink for Connections {
    async fn post(&self, connection: &ConnectionId, frame: Bytes) -> Result<(), PostError> {
        self.call(Method::POST, connection, frame).await
    }

    async fn look_up(&self, connection: &ConnectionId) -> Result<(), PostError> {
        self.call(Method::GET, connection, Bytes::new()).await
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), PostError> {
        self.call(Method::DELETE, connection, Bytes::new()).await
    }
}

fn classify(status: StatusCode) -> Result<(), PostError> {
    match status {
        StatusCode::GONE => Err(PostError::Gone),
        StatusCode::TOO_MANY_REQUESTS => Err(PostError::Busy),
        status if status.is_success() => Ok(()),
        status if status.is_client_error() => Err(PostError::Refused(format!("status {status}"))),
        status => Err(PostError::Unknown(format!("status {status}"))),
    }
}

// It cannot be made, now or later.
fn unmakable(error: impl ToString) -> PostError {
    PostError::Refused(error.to_string())
}
