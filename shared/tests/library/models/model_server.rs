use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use serde_json::Value;

use crate::support::HttpServer;

/// What a server was asked.
pub struct Request {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

/// A model server that keeps what it is asked.
pub struct ModelServer {
    http: HttpServer,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl ModelServer {
    pub async fn answering(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Self {
        Self::asked(move |_| answer()).await
    }

    /// A server whose answer depends on what it is asked.
    pub async fn asked(answer: impl Fn(&Value) -> Response + Clone + Send + Sync + 'static) -> Self {
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let seen = Arc::clone(&requests);
        let handler = move |uri: Uri, headers: HeaderMap, body: String| async move {
            let body: Value = serde_json::from_str(&body).unwrap();
            let response = answer(&body);
            seen.lock().unwrap().push(Request { path: uri.to_string(), headers, body });
            response
        };
        Self { http: HttpServer::start(Router::new().fallback(handler)).await, requests }
    }

    /// A server that streams `bytes`, which the network cuts into single ones, or, where these are very many, into short pieces.
    pub async fn saying(content_type: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = Bytes::from(bytes.into());
        let size = 1 + bytes.len() / 10_000;
        let pieces: Vec<Bytes> = bytes.chunks(size).map(|piece| bytes.slice_ref(piece)).collect();
        Self::answering(move || streaming(content_type, stream::iter(pieces.clone()))).await
    }

    pub fn url(&self) -> &str {
        &self.http.url
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// The last request.
    pub fn request(&self) -> Request {
        self.requests.lock().unwrap().pop().unwrap()
    }
}

pub fn streaming(content_type: &'static str, pieces: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let body = Body::from_stream(pieces.map(Ok::<_, std::io::Error>));
    ([("content-type", content_type)], body).into_response()
}

/// The same piece again and again.
pub fn every(pause: Duration, piece: Vec<u8>) -> impl Stream<Item = Bytes> {
    stream::unfold(Bytes::from(piece), move |piece| async move {
        match pause.is_zero() {
            true => tokio::task::yield_now().await,
            false => tokio::time::sleep(pause).await,
        }
        Some((piece.clone(), piece))
    })
}
