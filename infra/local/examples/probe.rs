//! The function of the tests. `ROLE` says which part it plays; what it is asked says how it behaves there.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_lambda_events::apigw::{ApiGatewayCustomAuthorizerRequestTypeRequest, ApiGatewayWebsocketProxyRequest};
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_dynamodb::Client as Database;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use lambda_runtime::{Error, LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde_json::{Value, json};
use tower::{Layer, Service};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is to be done once the response has been sent.
static AFTER_RESPONSE: Mutex<Option<Work>> = Mutex::new(None);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    println!("probe begins as {}", variable("ROLE"));
    match variable("ROLE").as_str() {
        "broken" => std::process::exit(3),
        "sluggish" => tokio::time::sleep(Duration::from_secs(3600)).await,
        _ => {}
    }
    if variable("ROLE") == "tick" {
        let database = database().await;
        return Runtime::new(service_fn(move |event| tick(database.clone(), event))).run().await;
    }
    let client = match variable("CONNECTIONS_ENDPOINT").as_str() {
        "" => None,
        endpoint => Some(client(endpoint).await),
    };
    let play = move |event| {
        let client = client.clone();
        async move { play(client.as_ref(), event).await }
    };
    Runtime::new(service_fn(play)).layer(AfterResponse).run().await
}

async fn client(endpoint: &str) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config =
        aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http).endpoint_url(endpoint).load().await;
    Client::new(&config)
}

async fn database() -> Database {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let defaults = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http);
    // Each call is made once, so that a test sees what becomes of it.
    let limits = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(500)).build();
    Database::new(&defaults.retry_config(RetryConfig::disabled()).timeout_config(limits).load().await)
}

/// Stores the event and answers with it.
async fn tick(database: Database, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let item = HashMap::from([
        ("pk".to_owned(), AttributeValue::S(format!("tick {}", event.context.request_id))),
        ("event".to_owned(), AttributeValue::S(event.payload.to_string())),
    ]);
    database.put_item().table_name(variable("TABLE_NAME")).set_item(Some(item)).send().await?;
    Ok(event.payload)
}

/// Writes a key as the unmodified SDK does, and says how it went.
async fn store(key: &str, in_transaction: bool) -> String {
    let database = database().await;
    let (table, item) = (variable("TABLE_NAME"), HashMap::from([("pk".to_owned(), AttributeValue::S(key.to_owned()))]));
    let written = if in_transaction {
        let put = Put::builder().table_name(table).set_item(Some(item)).build();
        let put = put.map(|put| TransactWriteItem::builder().put(put).build());
        let Ok(put) = put else { return "not a request".to_owned() };
        match database.transact_write_items().transact_items(put).send().await {
            Err(error) if error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception()) => {
                let SdkError::ServiceError(error) = error else { return "failed".to_owned() };
                let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.err() else {
                    return "failed".to_owned();
                };
                let codes = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or_default());
                return codes.collect::<Vec<_>>().join(", ");
            }
            written => written.map(drop).map_err(|error| error.code().map(str::to_owned)),
        }
    } else {
        let written = database.put_item().table_name(table).set_item(Some(item)).send().await;
        written.map(drop).map_err(|error| error.code().map(str::to_owned))
    };
    match written {
        Ok(()) => "stored".to_owned(),
        Err(code) => code.unwrap_or_else(|| "unknown".to_owned()),
    }
}

async fn play(client: Option<&Client>, event: LambdaEvent<Value>) -> Result<Value, Error> {
    match (variable("ROLE").as_str(), client) {
        ("authorize", _) => authorize(event.payload),
        ("connect", Some(client)) => connect(client, event.payload).await,
        ("disconnect", Some(client)) => disconnect(client, event.payload).await,
        ("message", Some(client)) => message(client, event).await,
        (role, _) => Err(format!("there is no role {role:?}").into()),
    }
}

/// Behaves as the query parameter `token` says, and hands the parameter `watcher` on to all later events.
fn authorize(event: Value) -> Result<Value, Error> {
    let request: ApiGatewayCustomAuthorizerRequestTypeRequest = serde_json::from_value(event.clone())?;
    let token = request.query_string_parameters.first("token").unwrap_or_default().to_owned();
    let effect = match token.as_str() {
        "unauthorized" => return Err("Unauthorized".into()),
        "fail" => return Err("out of order".into()),
        "garbage" => return Ok(json!("yes")),
        "deny" => "Deny",
        _ => "Allow",
    };
    Ok(json!({
        "principalId": token,
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": request.method_arn},
        ]},
        "context": {
            "number": 7,
            "flag": true,
            "watcher": request.query_string_parameters.first("watcher").unwrap_or_default(),
            "authorizerEvent": event.to_string(),
        },
    }))
}

/// Behaves as the query parameter `connect` says.
async fn connect(client: &Client, event: Value) -> Result<Value, Error> {
    let request: ApiGatewayWebsocketProxyRequest = serde_json::from_value(event)?;
    let asked = request.query_string_parameters.first("connect").unwrap_or_default();
    match asked {
        "fail" => Err("out of order".into()),
        "garbage" => Ok(json!("yes")),
        "early-post" => {
            let id = request.request_context.connection_id.unwrap_or_default();
            // The status tells the test what the post gave.
            Ok(json!({ "statusCode": if post(client, &id, "early").await == "gone" { 418 } else { 500 } }))
        }
        "" => Ok(json!({ "statusCode": 200 })),
        subprotocol if subprotocol.parse::<u16>().is_err() => {
            Ok(json!({ "statusCode": 200, "headers": { "sec-websocket-protocol": subprotocol } }))
        }
        status => Ok(json!({ "statusCode": status.parse::<u16>()? })),
    }
}

/// Reports the event to the connection that the authorizer's context names.
async fn disconnect(client: &Client, event: Value) -> Result<Value, Error> {
    let request: ApiGatewayWebsocketProxyRequest = serde_json::from_value(event.clone())?;
    let watcher = request.request_context.authorizer.fields.get("watcher").and_then(Value::as_str);
    if let Some(watcher) = watcher.filter(|watcher| !watcher.is_empty()) {
        post(client, watcher, &json!({ "disconnected": event }).to_string()).await;
    }
    Ok(json!({ "statusCode": 200 }))
}

/// Does what the field `do` of a message says.
async fn message(client: &Client, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let request: ApiGatewayWebsocketProxyRequest = serde_json::from_value(event.payload.clone())?;
    let id = request.request_context.connection_id.unwrap_or_default();
    let body: Value = serde_json::from_str(request.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let pause = Duration::from_millis(body["millis"].as_u64().unwrap_or_default());
    match body["do"].as_str().unwrap_or("echo") {
        // After the response, so that whoever hears the echo knows that the gateway has had its answer.
        "echo" => {
            let client = client.clone();
            after_response(async move {
                post(&client, &id, &json!({ "event": event.payload }).to_string()).await;
            });
        }
        "describe" => {
            let environment: std::collections::BTreeMap<_, _> = environment().collect();
            let context = &event.context;
            let description = json!({
                "process": std::process::id(),
                "environment": environment,
                "requestId": context.request_id,
                "deadline": context.deadline,
                "arn": context.invoked_function_arn,
                "trace": context.xray_trace_id,
            });
            post(client, &id, &description.to_string()).await;
        }
        "sleep" => {
            if body["announced"] == true {
                post(client, &id, &json!({ "sleeping": std::process::id() }).to_string()).await;
            }
            tokio::time::sleep(pause).await;
            post(client, &id, &json!({ "slept": std::process::id() }).to_string()).await;
        }
        "work after the response" => {
            let (client, process) = (client.clone(), std::process::id());
            after_response(async move {
                post(&client, &id, &json!({ "working": process }).to_string()).await;
                tokio::time::sleep(pause).await;
                post(&client, &id, &json!({ "worked": process }).to_string()).await;
            });
        }
        "burst" => {
            let mut refused = 0;
            for number in 0..body["count"].as_u64().unwrap_or_default() {
                let text = format!("{number}{}", " ".repeat(body["padding"].as_u64().unwrap_or_default() as usize));
                refused += u32::from(post(client, &id, &text).await == "too fast");
            }
            if let Some(watcher) = body["watcher"].as_str() {
                post(client, watcher, &json!({ "refused": refused }).to_string()).await;
            }
        }
        "post to" => {
            let outcome = post(client, body["connection"].as_str().unwrap_or_default(), "hello").await;
            post(client, &id, &json!({ "outcome": outcome }).to_string()).await;
        }
        "delete" => {
            post(client, &id, "goodbye").await;
            client.delete_connection().connection_id(&id).send().await?;
        }
        "store" => {
            let outcome = store(body["key"].as_str().unwrap_or_default(), body["transaction"] == true).await;
            post(client, &id, &json!({ "outcome": outcome }).to_string()).await;
        }
        "ask" => {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let request = json!({"messages": [{"role": "user", "content": body["prompt"]}], "stream": true});
            let url = format!("{}/chat/completions", variable("OPENAI_BASE_URL"));
            let answer = reqwest::Client::new().post(url).json(&request).send().await?;
            let status = answer.status().as_u16();
            let whole = answer.text().await.is_ok();
            post(client, &id, &json!({ "status": status, "whole": whole }).to_string()).await;
        }
        "fail" => return Err("out of order".into()),
        "answer garbage" => return Ok(json!("yes")),
        "answer 500" => return Ok(json!({ "statusCode": 500, "body": "not for the client" })),
        "exit" => std::process::exit(3),
        "exit after the response" => after_response(async { std::process::exit(3) }),
        other => return Err(format!("{other:?} is not known").into()),
    }
    Ok(json!({ "statusCode": 200, "body": "not for the client" }))
}

/// Posts as the unmodified SDK does, and says how it went.
async fn post(client: &Client, connection: &str, text: &str) -> &'static str {
    match client.post_to_connection().connection_id(connection).data(Blob::new(text)).send().await {
        Ok(_) => "sent",
        Err(SdkError::ServiceError(error)) if error.err().is_gone_exception() => "gone",
        Err(SdkError::ServiceError(error)) if error.err().is_limit_exceeded_exception() => "too fast",
        Err(SdkError::ServiceError(error)) if error.err().is_forbidden_exception() => "forbidden",
        Err(SdkError::ServiceError(error)) if error.err().is_payload_too_large_exception() => "too large",
        Err(_) => "failed",
    }
}

#[allow(clippy::disallowed_methods, reason = "the probe has no configuration beside these")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

#[allow(clippy::disallowed_methods, reason = "tests look at all that a function gets")]
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars()
}

fn after_response(work: impl Future<Output = ()> + Send + 'static) {
    *AFTER_RESPONSE.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Box::pin(work));
}

/// Does the work that was left for after the response, before the runtime polls again.
struct AfterResponse;

/// The runtime with [`AfterResponse`] around it.
struct WithWork<S>(S);

impl<S> Layer<S> for AfterResponse {
    type Service = WithWork<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithWork(inner)
    }
}

impl<S> Service<LambdaInvocation> for WithWork<S>
where
    S: Service<LambdaInvocation, Response = ()>,
    S::Future: 'static,
{
    type Response = ();
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), S::Error>>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let responded = self.0.call(invocation);
        Box::pin(async move {
            responded.await?;
            let work = AFTER_RESPONSE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            if let Some(work) = work {
                work.await;
            }
            Ok(())
        })
    }
}
