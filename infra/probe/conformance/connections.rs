//! `@connections`, through the unmodified SDK, which signs its requests.

use aws_config::{BehaviorVersion, ConfigLoader};
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::config::{Builder, Credentials, Region};
use aws_sdk_apigatewaymanagement::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_apigatewaymanagement::operation::get_connection::GetConnectionOutput;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// The status of a response, and the name of the error if it is one.
pub type Answer = (u16, String);

/// A client of an API's `@connections`.
#[derive(Clone, Debug)]
pub struct Connections {
    client: Client,
    endpoint: String,
}

impl Connections {
    /// Of the local stack, which accepts any credentials.
    pub fn local(endpoint: &str) -> Self {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::for_tests());
        Self::of(config, endpoint)
    }

    /// Of a deployed API, with the caller's AWS credentials.
    pub async fn deployed(endpoint: &str) -> Self {
        let config = ConfigLoader::default().behavior_version(BehaviorVersion::v2026_01_12()).load().await;
        Self::of(Builder::from(&config), endpoint)
    }

    fn of(config: Builder, endpoint: &str) -> Self {
        let http =
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        // No retries, so that each response is seen.
        let config = config.http_client(http).retry_config(RetryConfig::disabled()).endpoint_url(endpoint);
        Self { client: Client::from_conf(config.build()), endpoint: endpoint.to_owned() }
    }

    /// The same at another stage of the API.
    pub fn at_stage(&self, stage: &str) -> Self {
        let (host, _) = self.endpoint.rsplit_once('/').unwrap();
        let endpoint = format!("{host}/{stage}");
        let config = self.client.config().to_builder().endpoint_url(&endpoint).build();
        Self { client: Client::from_conf(config), endpoint }
    }

    /// `POST`.
    pub async fn post(&self, id: &str, text: impl Into<Vec<u8>>) -> Answer {
        answer(200, self.client.post_to_connection().connection_id(id).data(Blob::new(text)).send().await)
    }

    /// `DELETE`.
    pub async fn delete(&self, id: &str) -> Answer {
        answer(204, self.client.delete_connection().connection_id(id).send().await)
    }

    /// `GET`.
    pub async fn get(&self, id: &str) -> Result<GetConnectionOutput, Answer> {
        self.client.get_connection().connection_id(id).send().await.map_err(|error| answer(200, Err::<(), _>(error)))
    }
}

/// The SDK returns a status for failures only; `success` is the status of a success.
fn answer<T, E: ProvideErrorMetadata + std::error::Error + 'static>(
    success: u16,
    result: Result<T, SdkError<E>>,
) -> Answer {
    match result {
        Ok(_) => (success, String::new()),
        Err(SdkError::ServiceError(error)) => {
            (error.raw().status().as_u16(), error.err().code().unwrap_or_default().to_owned())
        }
        Err(error) => panic!("{}", DisplayErrorContext(error)),
    }
}
