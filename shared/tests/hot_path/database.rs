use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use natter::db::DynamoStore;
use tokio::time::sleep;

const LATENCY: Duration = Duration::from_millis(5);

/// What a save returns: the reply as it is in the middle of a turn.
const SAVED: &str = include_str!("saved.json");

/// The store on the SDK's client, which makes, signs and reads everything as it always does; instead of a table there are
/// answers that never change.
pub fn store() -> DynamoStore {
    let limits = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::for_tests_with_session_token())
        .timeout_config(limits)
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Answers)))
        .build();
    DynamoStore::new(Client::from_conf(config), "conversations".to_owned())
}

#[derive(Debug)]
struct Answers;

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(async move {
            sleep(LATENCY).await;
            let operation = request.headers().get("x-amz-target").unwrap_or_default();
            let answer = match operation {
                "DynamoDB_20120810.UpdateItem" => SAVED,
                "DynamoDB_20120810.Query" => r#"{"Items":[],"Count":0,"ScannedCount":0}"#,
                _ => "{}",
            };
            let answer = http::Response::new(SdkBody::from(answer));
            Ok(HttpResponse::try_from(answer).unwrap())
        })
    }
}
