//! What ends a connection.

use std::time::Duration;

use natter_local::LocalStack;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::{Client, stack};

const KB: usize = 1024;

/// Lets minutes pass in which no function is at work.
async fn pass(stack: &LocalStack, minutes: u64) {
    stack.settled().await;
    stack.advance_clock(Duration::from_secs(minutes * 60));
}

/// A message in several frames.
async fn send_in_frames(client: &mut Client, frames: usize, bytes: usize) {
    for number in 0..frames {
        let kind = if number == 0 { Data::Text } else { Data::Continue };
        let frame = Frame::message(vec![b'x'; bytes], OpCode::Data(kind), number + 1 == frames);
        client.send_message(Message::Frame(frame)).await;
    }
}

#[tokio::test]
async fn a_frame_may_have_32_kb_and_not_more() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send("x".repeat(32 * KB)).await;
    assert_eq!(client.json().await["event"]["body"].as_str().map(str::len), Some(32 * KB));
    client.send("x".repeat(32 * KB + 1)).await;
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn a_frame_far_over_the_limit_is_answered_with_a_close_frame_too() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send("x".repeat(400 * KB)).await;
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn a_message_may_have_128_kb_in_frames_and_not_more() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    send_in_frames(&mut client, 3, 32 * KB).await;
    assert_eq!(client.json().await["event"]["body"].as_str().map(str::len), Some(96 * KB));
    send_in_frames(&mut client, 5, 32 * KB).await;
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn binary_frames_are_not_taken() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    client.send_message(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(client.closed().await.0, 1003);
}

#[tokio::test]
async fn ten_silent_minutes_end_a_connection() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    pass(&stack, 9).await;
    client.hears_nothing_else().await;
    pass(&stack, 9).await;
    client.hears_nothing_else().await;
    pass(&stack, 10).await;
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
}

#[tokio::test]
async fn messages_to_the_client_keep_a_connection_alive_and_pings_do_not() {
    let stack = stack().await;
    let mut served = Client::connect(&stack, "token=alice").await;
    let mut pinging = Client::connect(&stack, "token=bob").await;
    let id = served.id().await;
    pass(&stack, 9).await;
    crate::connections::post(&stack, &id, "hello").await;
    assert_eq!(served.text().await, "hello");
    pinging.send_message(Message::Ping(Default::default())).await;
    pass(&stack, 2).await;
    assert_eq!(pinging.closed().await.0, 1001);
    served.hears_nothing_else().await;
}

#[tokio::test]
async fn two_hours_end_a_connection_however_busy_it_is() {
    let stack = stack().await;
    let mut client = Client::connect(&stack, "token=alice").await;
    for _ in 0..14 {
        pass(&stack, 8).await;
        client.hears_nothing_else().await;
    }
    pass(&stack, 8).await;
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
}

#[tokio::test]
async fn the_end_by_the_gateway_is_told_to_the_disconnect_function() {
    let stack = stack().await;
    let mut watcher = Client::connect(&stack, "token=watcher").await;
    let id = watcher.id().await;
    let mut client = Client::connect(&stack, &format!("token=alice&watcher={id}")).await;
    client.send_message(Message::binary(vec![1])).await;
    assert_eq!(watcher.json().await["disconnected"]["requestContext"]["disconnectStatusCode"], 1003);
}
