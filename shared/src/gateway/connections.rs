//! Posts to connections through API Gateway's management API.
//!
//! A reply is some fifty posts that differ in nothing but their body, to one address, by one identity. So they are signed with the
//! SDK's own signer and sent by the HTTP client that all else is sent by; the SDK's client of this API would find all that out anew for
//! each, and makes the functions larger.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::RwLock;

use super::reply_sink::{PostError, ReplySink};
use crate::conversation::ConnectionId;
use crate::http_clients::innermost_cause;

/// How long one call may take. The audience posts again then.
const LIMIT: Duration = Duration::from_secs(3);

/// What may not stand in a path as it is.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Credentials are fetched anew so long before they end.
const BEFORE_END: Duration = Duration::from_secs(5 * 60);

/// The connections of one stage of one API.
#[derive(Debug)]
pub struct Connections {
    http: reqwest::Client,
    endpoint: String,
    region: String,
    provider: Option<SharedCredentialsProvider>,
    credentials: RwLock<Option<Credentials>>,
}

impl Connections {
    /// Posts with `http` to the stage at `endpoint`, such as `https://id.execute-api.eu-west-1.amazonaws.com/live`, in the name of those
    /// whose credentials `aws` has.
    pub fn new(http: reqwest::Client, endpoint: &str, aws: &SdkConfig) -> Self {
        Self {
            http,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region: aws.region().map(ToString::to_string).unwrap_or_default(),
            provider: aws.credentials_provider(),
            credentials: RwLock::default(),
        }
    }

    async fn call(&self, method: Method, connection: &ConnectionId, body: Bytes) -> Result<(), PostError> {
        let request = self.signed(method, connection, body).await?;
        match self.http.execute(request).await {
            Ok(response) => classify(response.status()),
            Err(error) => Err(PostError::Unknown(innermost_cause(&error))),
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
    ) -> Result<reqwest::Request, PostError> {
        let identity = self.credentials().await?.into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("execute-api")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(unmakable)?;
        let url = format!("{}/@connections/{}", self.endpoint, utf8_percent_encode(connection.as_str(), &RESERVED));
        let signable = SignableRequest::new(method.as_str(), &url, std::iter::empty(), SignableBody::Bytes(&body))
            .map_err(unmakable)?;
        let (signature, _) = sign(signable, &parameters.into()).map_err(unmakable)?.into_parts();
        let mut request = Request::builder().method(method).uri(&url).body(body).map_err(unmakable)?;
        signature.apply_to_request_http1x(&mut request);
        let mut request = reqwest::Request::try_from(request).map_err(unmakable)?;
        *request.timeout_mut() = Some(LIMIT);
        Ok(request)
    }

    // A function's are in its environment and do not end before it does.
    async fn credentials(&self) -> Result<Credentials, PostError> {
        let is_good = |known: &&Credentials| known.expiry().is_none_or(|end| SystemTime::now() + BEFORE_END < end);
        if let Some(known) = self.credentials.read().await.as_ref().filter(is_good) {
            return Ok(known.clone());
        }
        let provider =
            self.provider.as_ref().ok_or_else(|| PostError::Unknown("there are no credentials".to_owned()))?;
        let fetched = provider.provide_credentials().await;
        let fetched = fetched.map_err(|error| PostError::Unknown(innermost_cause(&error)))?;
        Ok(self.credentials.write().await.insert(fetched).clone())
    }
}

#[async_trait]
impl ReplySink for Connections {
    async fn post(&self, connection: &ConnectionId, frame: Bytes) -> Result<(), PostError> {
        self.call(Method::POST, connection, frame).await
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
