//! A chat room of three functions in one binary. Lambda says in `_HANDLER` which of them it is.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_lambda_events::apigw::{ApiGatewayWebsocketProxyRequest, ApiGatewayWebsocketProxyRequestContext};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

/// Where the AWS SDKs look for the endpoint of `@connections`. Only the local stack sets it.
const CONNECTIONS: &str = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

/// The key of the table.
const KEY: &str = "connectionId";

/// Everybody who is connected.
struct Room {
    config: SdkConfig,
    database: aws_sdk_dynamodb::Client,
    table: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http).load().await;
    let database = aws_sdk_dynamodb::Client::new(&config);
    let room = &Room { config, database, table: variable("TABLE_NAME")? };
    let handler = &variable("_HANDLER")?;
    let handle = async |event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| {
        let event = event.payload;
        let id = event.request_context.connection_id.clone().unwrap_or_default();
        match handler.as_str() {
            "on_connect" => room.enter(id).await?,
            "on_disconnect" => room.leave(id).await?,
            "send_message" => room.tell_all(&event).await?,
            other => return Err(Error::from(format!("there is no handler {other}"))),
        }
        Ok::<_, Error>(json!({"statusCode": 200}))
    };
    run(service_fn(handle)).await
}

impl Room {
    async fn enter(&self, id: String) -> Result<(), Error> {
        self.database.put_item().table_name(&self.table).item(KEY, AttributeValue::S(id)).send().await?;
        Ok(())
    }

    async fn leave(&self, id: String) -> Result<(), Error> {
        self.database.delete_item().table_name(&self.table).key(KEY, AttributeValue::S(id)).send().await?;
        Ok(())
    }

    async fn tell_all(&self, event: &ApiGatewayWebsocketProxyRequest) -> Result<(), Error> {
        let body: Value = serde_json::from_str(event.body.as_deref().unwrap_or_default())?;
        let text = body["data"].as_str().unwrap_or_default();
        let client = self.connections(&event.request_context);
        let present = self.database.scan().table_name(&self.table).send().await?;
        for item in present.items() {
            let Some(Ok(id)) = item.get(KEY).map(AttributeValue::as_s) else { continue };
            if let Err(error) = client.post_to_connection().connection_id(id).data(Blob::new(text)).send().await {
                match error.as_service_error() {
                    Some(error) if error.is_gone_exception() => self.leave(id.clone()).await?,
                    _ => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    fn connections(&self, context: &ApiGatewayWebsocketProxyRequestContext) -> aws_sdk_apigatewaymanagement::Client {
        let (domain, stage) = (context.domain_name.as_deref(), context.stage.as_deref());
        let deployed = || format!("https://{}/{}", domain.unwrap_or_default(), stage.unwrap_or_default());
        let endpoint = variable(CONNECTIONS).unwrap_or_else(|_| deployed());
        let config = aws_sdk_apigatewaymanagement::config::Builder::from(&self.config).endpoint_url(endpoint).build();
        aws_sdk_apigatewaymanagement::Client::from_conf(config)
    }
}

#[allow(clippy::disallowed_methods, reason = "the example has no configuration beside these")]
fn variable(name: &str) -> Result<String, Error> {
    std::env::var(name).map_err(|_| format!("the variable {name} is not set").into())
}
