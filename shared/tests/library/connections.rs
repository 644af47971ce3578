//! Posts to a server that answers as API Gateway does.

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::extract::{Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use bytes::Bytes;
use natter::gateway::{Connections, PostError, ReplySink};
use natter::http_clients::AwsHttp;
use ring::{digest, hmac};

use crate::support::HttpServer;

#[tokio::test]
async fn a_frame_reaches_the_connection_as_it_is() {
    assert!(post_to("echo=").await.is_ok());
}

#[tokio::test]
async fn each_error_of_the_gateway_has_its_outcome() {
    assert!(matches!(post_to("gone").await, Err(PostError::Gone)));
    assert!(matches!(post_to("busy").await, Err(PostError::Busy)));
    assert!(matches!(post_to("large").await, Err(PostError::Refused(_))));
    assert!(matches!(post_to("broken").await, Err(PostError::Unknown(_))));
}

#[tokio::test]
async fn a_connection_can_be_closed_once() {
    let router = Router::new().route("/stage/@connections/{connection}", delete(close));
    let server = HttpServer::start(router).await;
    let connections = connections(format!("{}/stage", server.url));
    assert!(connections.close(&"echo=".parse().unwrap()).await.is_ok());
    assert!(matches!(connections.close(&"gone".parse().unwrap()).await, Err(PostError::Gone)));
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_leaves_the_outcome_unknown() {
    let connections = connections("http://127.0.0.1:9".to_owned());
    let posted = connections.post(&"c".parse().unwrap(), Bytes::from_static(b"{}")).await;
    assert!(matches!(posted, Err(PostError::Unknown(_))));
}

#[tokio::test]
async fn a_post_is_signed_as_aws_documents_it() {
    let request = posted("a=b").await;
    let header = |name: &str| request.headers[name].to_str().unwrap().to_owned();
    let (host, date, token) = (header("host"), header("x-amz-date"), header("x-amz-security-token"));
    let names = "host;x-amz-date;x-amz-security-token";
    let hash = hex(digest::digest(&digest::SHA256, b"{}").as_ref());
    // The path is escaped once in the request, and once more where it is signed.
    let canonical = format!(
        "POST\n/stage/%40connections/a%253Db\n\nhost:{host}\nx-amz-date:{date}\nx-amz-security-token:{token}\n\n\
         {names}\n{hash}"
    );
    let scope = format!("{}/local/execute-api/aws4_request", &date[..8]);
    let hash = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let key = scope.split('/').fold(b"AWS4secret-key".to_vec(), |key, part| hmac_of(&key, part));
    let signature = hex(&hmac_of(&key, &to_sign));
    assert_eq!(request.uri.path(), "/stage/@connections/a%3Db");
    assert_eq!(
        header("authorization"),
        format!("AWS4-HMAC-SHA256 Credential=access-key/{scope}, SignedHeaders={names}, Signature={signature}")
    );
}

#[tokio::test]
async fn a_post_has_no_header_that_the_gateway_does_not_need() {
    let request = posted("echo=").await;
    let mut names: Vec<&str> = request.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    let needed = ["authorization", "content-length", "content-type", "host", "x-amz-date", "x-amz-security-token"];
    assert_eq!(names, needed);
}

// The request of a post of `{}`, as it arrives.
async fn posted(connection: &str) -> Parts {
    let seen = Arc::new(Mutex::new(None));
    let keep = {
        let seen = Arc::clone(&seen);
        async move |request: Request| *seen.lock().unwrap() = Some(request.into_parts().0)
    };
    let server = HttpServer::start(Router::new().route("/stage/@connections/{connection}", post(keep))).await;
    let connections = connections(format!("{}/stage/", server.url));
    connections.post(&connection.parse().unwrap(), Bytes::from_static(b"{}")).await.unwrap();
    seen.lock().unwrap().take().unwrap()
}

fn hmac_of(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn post_to(connection: &str) -> Result<(), PostError> {
    let server = HttpServer::start(Router::new().route("/stage/@connections/{connection}", post(answer))).await;
    let connections = connections(format!("{}/stage", server.url));
    connections.post(&connection.parse().unwrap(), Bytes::from_static(b"{\"type\":\"pong\"}")).await
}

fn connections(endpoint: String) -> Connections {
    let credentials = Credentials::new("access-key", "secret-key", Some("session-token".to_owned()), None, "test");
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(AwsHttp::new().for_sdk())
        .region(Region::new("local"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Connections::new(&aws, &endpoint)
}

async fn answer(Path(connection): Path<String>, body: Bytes) -> Response {
    match connection.as_str() {
        "echo=" if body == "{\"type\":\"pong\"}" => StatusCode::OK.into_response(),
        "gone" => (StatusCode::GONE, [("x-amzn-errortype", "GoneException")], "{}").into_response(),
        "busy" => {
            (StatusCode::TOO_MANY_REQUESTS, [("x-amzn-errortype", "LimitExceededException")], "{}").into_response()
        }
        "large" => {
            (StatusCode::PAYLOAD_TOO_LARGE, [("x-amzn-errortype", "PayloadTooLargeException")], "{}").into_response()
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn close(Path(connection): Path<String>) -> StatusCode {
    match connection.as_str() {
        "gone" => StatusCode::GONE,
        _ => StatusCode::NO_CONTENT,
    }
}
