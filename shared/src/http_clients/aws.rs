//! The SDK's HTTP client: all AWS clients share its connections.
//!
//! It is hyper's, without redirects, cookies, proxies and repeated URL parsing: a reply makes some seventy calls, and
//! those took a tenth of its processor time. The SDK's own client would search, read and parse the machine's
//! certificates at every start.

use std::error::Error;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body_util::{LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::{install_crypto, trust};

/// The timeout of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends requests to AWS services. Clones share connections.
#[derive(Debug, Clone)]
pub struct AwsHttp {
    client: Client<HttpsConnector<TcpConnector>, SdkBody>,
    max_body_bytes: Option<usize>,
}

impl AwsHttp {
    /// Creates a client without connections.
    ///
    /// # Panics
    /// At start-up only, when the file that `SSL_CERT_FILE` names cannot be read.
    pub fn new() -> Self {
        install_crypto();
        let mut tcp = TcpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let tls = HttpsConnectorBuilder::new().with_tls_config(trust::tls_config()).https_or_http().enable_http1();
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(tls.wrap_connector(tcp));
        Self { client, max_body_bytes: None }
    }

    /// The client for the SDK's configuration. The SDK itself enforces the timeouts of operations and attempts.
    pub fn for_sdk(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }
}

impl AwsHttp {
    /// The same client, reading no more than this of an answer. A longer one is an error that [`is_too_long`] recognizes.
    pub fn for_sdk_within(&self, bytes: usize) -> SharedHttpClient {
        Self { max_body_bytes: Some(bytes), ..self.clone() }.for_sdk()
    }
}

/// Whether a call failed since its answer was longer than [`AwsHttp::for_sdk_within`] allows.
pub(crate) fn is_too_long(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<LengthLimitError>())
}

/// Whether a call failed before there was a connection, so that nothing was sent.
pub(crate) fn never_connected(error: &(dyn Error + 'static)) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<ClientError>()).any(ClientError::is_connect)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn Error + 'static)| (*cause).source())
}

impl Default for AwsHttp {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpConnector for AwsHttp {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            // The SDK retries if it is allowed to.
            let response = http.client.request(request).await.map_err(|error| ConnectorError::io(error.into()))?;
            let response = response.map(|body| match http.max_body_bytes {
                Some(bytes) => SdkBody::from_body_1_x(Limited::new(body, bytes)),
                None => SdkBody::from_body_1_x(body),
            });
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
