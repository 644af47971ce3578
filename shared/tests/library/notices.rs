//! What a user's connections are notified of: turns elsewhere, and their own end.

use std::time::Duration;

use natter::conversation::Timestamp;
use natter::db::{ConnectionRecord, ConnectionStore};

use crate::support::Step::{Finish, Say, Wait};
use crate::support::{Chat, Step, send, user};

const A_WHILE: Duration = Duration::from_secs(60);
const PAUSE: Step = Wait(Duration::from_millis(250));

#[tokio::test]
async fn only_the_users_other_connections_are_notified_of_a_new_turn() {
    let chat = Chat::with_models([vec![Say("Hello"), PAUSE, PAUSE, Finish]]).await;
    for (name, connection) in [("alice", "tab"), ("alice", "phone"), ("bob", "other")] {
        chat.connects(name, connection).await;
    }
    chat.says(send("r1", "c", "m1", "Hello")).await.unwrap();
    let notice = chat.sink.frames("phone").pop().unwrap();
    assert_eq!((&notice["type"], &notice["requestId"]), (&"notice".into(), &"-".into()));
    assert_eq!((&notice["notice"], &notice["id"]), (&"turn-started".into(), &"c".into()));
    assert_eq!(notice["messageId"], message_id(&chat, "tab"));
    assert!(chat.sink.types("tab").iter().all(|kind| kind != "notice"));
    assert!(chat.sink.frames("other").is_empty());
}

#[tokio::test]
async fn a_client_is_notified_once_that_its_connection_will_be_closed() {
    let chat = Chat::with_models([vec![Finish]]).await;
    let store = chat.connections();
    let now = Timestamp::now();
    for (connection, notice_at) in [("old", now), ("new", now + A_WHILE)] {
        let record = ConnectionRecord {
            user: user("alice"),
            connection: connection.parse().unwrap(),
            connected_at: now,
            ends_at: now + A_WHILE,
            notice_at,
        };
        store.put_connection(&record).await.unwrap();
    }
    for _ in 0..2 {
        chat.service.request_reconnects().await.unwrap();
    }
    let notices = chat.sink.frames("old");
    assert_eq!(notices, [serde_json::json!({"type": "notice", "requestId": "-", "notice": "reconnect"})]);
    assert!(chat.sink.frames("new").is_empty());
}

#[tokio::test]
async fn a_connection_is_closed_at_its_end_and_gets_nothing_afterwards() {
    let chat = Chat::with_models([vec![Say("Hello"), Finish]]).await;
    let store = chat.connections();
    let now = Timestamp::now();
    for (connection, ends_at) in [("ended", now), ("ending", now + A_WHILE)] {
        let connection = connection.parse().unwrap();
        let record = ConnectionRecord { user: user("alice"), connection, connected_at: now, ends_at, notice_at: now };
        store.put_connection(&record).await.unwrap();
    }
    chat.says(send("r1", "c", "m1", "Hello")).await.unwrap();
    for _ in 0..2 {
        chat.service.request_reconnects().await.unwrap();
    }
    assert_eq!(chat.sink.frames("ended"), Vec::<serde_json::Value>::new());
    assert!(chat.sink.is_closed("ended"));
    let notices: Vec<_> = chat.sink.frames("ending").iter().map(|frame| frame["notice"].clone()).collect();
    assert_eq!(notices, ["turn-started", "reconnect"]);
    assert!(!chat.sink.is_closed("ending"));
    let left: Vec<String> =
        store.due_connections(now + 10 * A_WHILE, 10).await.unwrap().into_iter().map(|(_, left)| left.into()).collect();
    assert_eq!(left, ["ending"], "what is closed is forgotten");
}

fn message_id(chat: &Chat, connection: &str) -> serde_json::Value {
    let frames = chat.sink.frames(connection);
    frames.iter().find(|frame| frame["chunk"]["type"] == "start").unwrap()["chunk"]["messageId"].clone()
}
