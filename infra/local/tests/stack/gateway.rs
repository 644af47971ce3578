//! The gateway, as only its own developer sees it; what every client sees of it is a fact of `infra/probe`.

use natter_local::LocalStack;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{changed, connect, http, soon, stack, try_connect};

#[tokio::test]
async fn without_identity_sources_the_authorizer_is_not_invoked() {
    let authorizer = "AuthArn: !GetAtt AuthorizeFunction.Arn";
    let (builder, _folder) =
        changed(authorizer, &format!("{authorizer}, IdentitySource: [route.request.querystring.token]"));
    let stack = builder.start().await.unwrap();
    assert_eq!(try_connect(&stack, "other=x").await.unwrap_err(), 401);
    assert!(stack.environments("AuthorizeFunction").is_empty());
}

/// Posts until a post is refused, and gives the number of bytes that were taken.
async fn fill(stack: &LocalStack, id: &str, message: &str) -> usize {
    let url = format!("{}/local/@connections/{}", stack.http_url(), id.replace('=', "%3D"));
    let client = http();
    let mut taken = 0;
    loop {
        let answer = client.post(&url).body(message.to_owned()).send().await.unwrap();
        if answer.status() == 429 {
            assert_eq!(answer.headers()["x-amzn-errortype"], "LimitExceededException");
            return taken;
        }
        assert_eq!(answer.status(), 200);
        taken += message.len();
    }
}

#[tokio::test]
async fn the_queue_of_a_client_that_never_reads_is_bounded_in_bytes() {
    let stack = stack().await;
    let mut silent = connect(&stack, "token=alice").await;
    let id = silent.id().await;
    // This fills the buffers of the sockets, too.
    fill(&stack, &id, &"x".repeat(100_000)).await;
    assert_eq!(fill(&stack, &id, &"x".repeat(100_000)).await, 0);
    // Small messages still find room, but not for long.
    assert!(fill(&stack, &id, &"x".repeat(1_000)).await < 512 * 1024);
    let mut other = connect(&stack, "token=bob").await;
    other.hears_nothing_else().await;
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_ended() {
    let stack = stack().await;
    let address = stack.http_url().replace("http://", "");
    let mut endless = TcpStream::connect(&address).await.unwrap();
    endless.write_all(b"GET /local?token=alice HTTP/1.1\r\nHost: 127.0.0.1\r\n").await.unwrap();
    let mut silent = TcpStream::connect(&address).await.unwrap();
    for socket in [&mut endless, &mut silent] {
        let mut answer = Vec::new();
        soon(socket.read_to_end(&mut answer)).await.unwrap();
        assert!(!String::from_utf8_lossy(&answer).contains("101 "), "it was not upgraded");
    }
    connect(&stack, "token=alice").await;
}
