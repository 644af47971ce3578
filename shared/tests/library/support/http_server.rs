use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use natter::http_clients::reqwest_client;

/// An HTTP server on loopback that ends with the test.
pub struct HttpServer {
    pub url: String,
    serving: tokio::task::JoinHandle<()>,
}

impl HttpServer {
    pub async fn start(router: Router) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, serving }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Passes a request on to the server at `url`, and returns its answer.
pub async fn forward(url: &str, headers: HeaderMap, body: Bytes) -> (StatusCode, Bytes) {
    let request = reqwest_client(Duration::from_secs(1)).post(url).headers(headers).body(body);
    let answer = request.send().await.unwrap();
    (answer.status(), answer.bytes().await.unwrap())
}
