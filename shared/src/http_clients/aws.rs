//! The SDK's HTTP client: all AWS clients share its connections.
//!
//! It is hyper's, without redirects, cookies, proxies and repeated URL parsing: a reply makes some seventy calls, and
//! those took a tenth of its processor time. The SDK's own client would search, read and parse the machine's
//! certificates at every start.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::{install_crypto, trust};

/// The timeout of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends requests to AWS services. Clones share connections.
#[derive(Debug, Clone)]
pub struct AwsHttp {
    client: Client<HttpsConnector<TcpConnector>, SdkBody>,
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
        Self { client }
    }

    /// The client for the SDK's configuration. The SDK itself enforces the timeouts of operations and attempts.
    pub fn for_sdk(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }
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
            let response = response.map(SdkBody::from_body_1_x);
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
