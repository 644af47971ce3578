//! Limits of frames, messages and connections.

use std::time::Duration;

use tokio_tungstenite::tungstenite::Message;

use crate::fact::facts;
use crate::platform::Stage;

const KB: usize = 1024;

facts! { Open:
    D a_frame_may_have_32_kb_and_a_longer_one_ends_the_connection_with_1009;
    D a_message_may_have_128_kb_in_frames_and_a_longer_one_ends_the_connection_with_1009;
    D a_frame_far_too_long_is_answered_with_a_close_frame_too;
    D a_binary_frame_ends_the_connection_with_1003;
    D a_post_reaches_the_client_in_frames_of_at_most_32_kb;
    R ten_silent_minutes_end_a_connection_with_1001_going_away takes "half an hour";
    D messages_to_the_client_keep_a_connection_open takes "11 minutes";
    I pings_do_not_keep_a_connection_open takes "11 minutes";
    R two_hours_end_a_connection_however_busy_it_is takes "two hours";
}

/// Lets minutes pass in which no function is busy.
async fn pass_minutes(stage: &Stage, minutes: u64) {
    stage.settled().await;
    stage.pass(Duration::from_secs(minutes * 60)).await;
}

async fn a_frame_may_have_32_kb_and_a_longer_one_ends_the_connection_with_1009(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send(format!(r#"{{"do":"size","x":"{}"}}"#, "x".repeat(32 * KB - 20))).await;
    assert_eq!(client.json().await["size"], 32 * KB);
    client.send("x".repeat(32 * KB + 1)).await;
    assert_eq!(client.closed().await.0, 1009);
}

async fn a_message_may_have_128_kb_in_frames_and_a_longer_one_ends_the_connection_with_1009(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send_in_frames(r#"{"do":"size","x":""#, 4, 32 * KB).await;
    assert_eq!(client.json().await["size"], 128 * KB);
    client.send_in_frames("", 5, 32 * KB).await;
    assert_eq!(client.closed().await.0, 1009);
}

async fn a_frame_far_too_long_is_answered_with_a_close_frame_too(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send("x".repeat(400 * KB)).await;
    assert_eq!(client.closed().await.0, 1009);
}

async fn a_binary_frame_ends_the_connection_with_1003(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.send_message(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(client.closed().await.0, 1003);
}

async fn a_post_reaches_the_client_in_frames_of_at_most_32_kb(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let id = client.id().await;
    let text = "é".repeat(50 * KB);
    assert_eq!(stage.connections.post(&id, text.clone()).await.0, 200);
    // The client rejects longer frames.
    assert!(client.text().await == text, "the message is whole");
}

async fn ten_silent_minutes_end_a_connection_with_1001_going_away(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    for _ in 0..2 {
        pass_minutes(&stage, 9).await;
        client.hears_nothing_else().await;
    }
    pass_minutes(&stage, 10).await;
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
}

async fn messages_to_the_client_keep_a_connection_open(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    let id = client.id().await;
    pass_minutes(&stage, 9).await;
    assert_eq!(stage.connections.post(&id, "hello").await.0, 200);
    assert_eq!(client.text().await, "hello");
    pass_minutes(&stage, 2).await;
    client.hears_nothing_else().await;
}

async fn pings_do_not_keep_a_connection_open(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    client.id().await;
    pass_minutes(&stage, 9).await;
    client.send_message(Message::Ping(Default::default())).await;
    pass_minutes(&stage, 2).await;
    assert_eq!(client.closed().await.0, 1001);
}

async fn two_hours_end_a_connection_however_busy_it_is(stage: Stage) {
    let mut client = stage.connect("token=alice").await;
    for _ in 0..14 {
        pass_minutes(&stage, 8).await;
        client.hears_nothing_else().await;
    }
    pass_minutes(&stage, 8).await;
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
}
