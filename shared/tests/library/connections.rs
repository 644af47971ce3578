//! Posts through the real SDK to a server that answers as API Gateway does.

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::config::{BehaviorVersion, Credentials, Region};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use bytes::Bytes;
use natter::gateway::{Connections, PostError, ReplySink};

use crate::support::HttpServer;

#[tokio::test]
async fn a_frame_reaches_the_connection_as_it_is() {
    assert!(post_to("echo=").await.is_ok());
}

#[tokio::test]
async fn each_refusal_of_the_gateway_has_its_meaning() {
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

async fn post_to(connection: &str) -> Result<(), PostError> {
    let server = HttpServer::start(Router::new().route("/stage/@connections/{connection}", post(answer))).await;
    let connections = connections(format!("{}/stage", server.url));
    connections.post(&connection.parse().unwrap(), Bytes::from_static(b"{\"type\":\"pong\"}")).await
}

fn connections(endpoint: String) -> Connections {
    let config = aws_sdk_apigatewaymanagement::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(endpoint)
        .region(Region::new("local"))
        .credentials_provider(Credentials::for_tests())
        .retry_config(RetryConfig::disabled())
        .http_client(natter::http_clients::aws_http_client())
        .build();
    Connections::new(Client::from_conf(config))
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
