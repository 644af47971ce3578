//! What people run beside a deployment, with credentials of their own.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;

use crate::db::DynamoStore;
use crate::http_clients::AwsHttp;

/// The stores in a table, reached with the credentials of whoever runs the program, which may be in a profile. `endpoint` is the
/// database's address, where it is not AWS.
pub async fn operators_table(table: &str, endpoint: Option<&str>) -> DynamoStore {
    let aws = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(AwsHttp::new().for_sdk()).load().await;
    let mut config = Builder::from(&aws);
    // Without one, the environment may name another than AWS's own (`AWS_ENDPOINT_URL`).
    if let Some(endpoint) = endpoint {
        config.set_endpoint_url(Some(endpoint.to_owned()));
    }
    DynamoStore::new(Client::from_conf(config.build()), table.to_owned())
}
