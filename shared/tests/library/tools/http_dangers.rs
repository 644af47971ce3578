//! Servers of http tools that are silent, break off, never end, or lead elsewhere; and addresses that no tool may reach.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Redirect};
use bytes::Bytes;
use futures::{StreamExt, stream};
use natter::tools::{Tool, ToolError};
use serde_json::json;

use super::{call, closing, http_tool, nobody, tool_at};
use crate::support::HttpServer;

async fn failed(tool: &Tool) -> ToolError {
    call(tool, json!({})).await.unwrap_err()
}

/// A server that counts how often it is called.
async fn counting() -> (HttpServer, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let answer = move || {
        let count = counted.fetch_add(1, Ordering::SeqCst);
        async move { count.to_string() }
    };
    (HttpServer::start(Router::new().fallback(answer)).await, count)
}

#[tokio::test]
async fn a_server_that_is_silent_may_have_acted() {
    let server = HttpServer::start(Router::new().fallback(std::future::pending::<String>)).await;
    let mut tool = tool_at(&server.url, "");
    tool.timeout = Duration::from_millis(100);
    let error = failed(&tool).await;
    assert!(error.is_unknown && error.sentence.contains("within 0.1 seconds"), "{error}");
}

#[tokio::test]
async fn a_server_that_hangs_up_may_have_acted_and_is_called_once() {
    for said in
        [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"nonsense\r\n\r\n"]
    {
        let (url, count) = closing(said).await;
        let error = failed(&tool_at(&url, "idempotent = true")).await;
        assert!(error.is_unknown && error.sentence.contains("acted"), "{error}");
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_has_not_been_called() {
    let error = failed(&tool_at(&nobody().await, "")).await;
    assert!(!error.is_unknown && error.sentence.contains("has not been called"), "{error}");
}

#[tokio::test]
async fn no_more_is_read_than_an_output_may_have() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let endless = move || async move {
        let piece = Bytes::from(vec![b'x'; 65_536]);
        let pieces = stream::repeat(piece).inspect(move |piece| {
            counted.fetch_add(piece.len(), Ordering::SeqCst);
        });
        Body::from_stream(pieces.map(Ok::<_, Infallible>)).into_response()
    };
    let server = HttpServer::start(Router::new().fallback(endless)).await;
    let error = failed(&tool_at(&server.url, "max_output = 1000")).await;
    assert!(!error.is_unknown && error.sentence.contains("larger than 1000 bytes"), "{error}");
    // What the sockets in between hold.
    assert!(sent.load(Ordering::SeqCst) < 10_000_000, "{sent:?}");

    let server = HttpServer::start(Router::new().fallback(|| async { "x".repeat(10_000_000) })).await;
    assert!(failed(&tool_at(&server.url, "")).await.sentence.contains("larger than 256000 bytes"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, count) = counting().await;
    let target = elsewhere.url.clone();
    let redirect = move || async move { Redirect::temporary(&target) };
    let server = HttpServer::start(Router::new().fallback(redirect)).await;
    let error = failed(&tool_at(&server.url, "")).await;
    assert_eq!(error.sentence, "The tool's server answered 307 Temporary Redirect. Redirects are not followed.");
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_private_address_is_refused_unless_its_host_is_listed() {
    let (server, count) = counting().await;
    let port = server.url.rsplit_once(':').unwrap().1;
    for (hosts, host) in [
        (&[][..], "127.0.0.1"),
        (&[], "localhost"),
        // Another name of the same machine is another host.
        (&["127.0.0.1"], "localhost"),
        (&["localhost"], "127.0.0.1"),
    ] {
        let error = failed(&http_tool(hosts, &format!("url = \"http://{host}:{port}/\""), None)).await;
        assert!(!error.is_unknown && error.sentence.contains("public"), "{host}: {error}");
    }
    for url in ["https://[::ffff:127.0.0.1]", "https://169.254.169.254", "https://[fd00:ec2::254]", "https://0.0.0.0"] {
        let error = failed(&http_tool(&[], &format!("url = \"{url}:{port}/\""), None)).await;
        assert!(!error.is_unknown && error.sentence.contains("public"), "{url}: {error}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);

    let url = format!("url = \"http://localhost:{port}/\"");
    call(&http_tool(&["LOCALHOST"], &url, None), json!({})).await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
