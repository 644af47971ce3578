//! A stack with the probe in every role, and clients of it.

use std::path::PathBuf;
use std::time::Duration;

use natter_local::{Builder, LocalStack};
use natter_probe_client::Client;
use serde_json::Value;

pub const MESSAGE: &str = "MessageFunction";

/// How long a test waits for anything.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A stack of the test's template.
pub async fn stack() -> LocalStack {
    builder().start().await.unwrap()
}

pub fn builder() -> Builder {
    LocalStack::builder(template()).functions(programs()).variables(variables())
}

pub fn template() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/template.yaml")
}

pub fn variables() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/dev.env")
}

/// A stack of the test's template in which `from` stands as `to`. The folder holds the changed template.
pub fn changed(from: &str, to: &str) -> (Builder, tempfile::TempDir) {
    let text = std::fs::read_to_string(template()).unwrap();
    assert!(text.contains(from), "{from} is not in the template");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.yaml");
    std::fs::write(&file, text.replace(from, to)).unwrap();
    (LocalStack::builder(file).functions(programs()).variables(variables()), folder)
}

/// Where cargo puts the probe (`cargo build --package natter-probe --package order-tool`): above the folder of this test.
pub fn programs() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

/// Waits for `work`, but not for ever.
pub async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, work).await.expect("it takes too long")
}

/// Waits until `condition` holds.
pub async fn until(mut condition: impl AsyncFnMut() -> bool) {
    soon(async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// A client for plain HTTP.
pub fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().unwrap()
}

/// An operation of DynamoDB, asked of the stack's database without a function in between.
pub async fn operation(stack: &LocalStack, operation: &str, request: Value) -> Value {
    let authorization =
        "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
    let response = http()
        .post(stack.database_url())
        .header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"))
        .header("Content-Type", "application/x-amz-json-1.0")
        .header("X-Amz-Date", "20260101T000000Z")
        .header("Authorization", authorization)
        .body(request.to_string());
    response.send().await.unwrap().json().await.unwrap()
}

/// A client of the stack, connected with this query; the handshake must succeed.
pub async fn connect(stack: &LocalStack, query: &str) -> Client {
    try_connect(stack, query).await.unwrap()
}

/// The same, or the status with which the handshake is rejected.
pub async fn try_connect(stack: &LocalStack, query: &str) -> Result<Client, u16> {
    let url = format!("{}?{query}", stack.socket_url());
    Client::connect(&url, &[], TIMEOUT).await.map_err(|rejected| rejected.status)
}
