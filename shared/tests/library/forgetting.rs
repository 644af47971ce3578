//! Erasing everything that is stored of a user.

use std::time::Duration;

use natter::conversation::{Timestamp, UserId};
use natter::db::{
    ConnectionRecord, ConnectionStore, ConversationStore, DynamoStore, Footprint, TextPart, TextPartStore, TurnStore,
    UserErasure,
};
use natter::turn::Subscriber;

use crate::support::{TestDatabase, conversation_id, new_turn_in, user};

#[tokio::test]
async fn erasing_a_user_removes_every_item_and_affects_no_other_user() {
    let database = TestDatabase::start().await;
    let store = database.store();
    // The second name begins with the first.
    for name in ["u", "ub", "bob"] {
        has_conversations(&store, &user(name)).await;
    }
    let others = (store.footprint(&user("ub")).await.unwrap(), store.footprint(&user("bob")).await.unwrap());
    let found = store.footprint(&user("u")).await.unwrap();
    assert_eq!((found.conversations, found.messages, found.others), (31, 93, 33));

    assert_eq!(store.erase_user(&user("u")).await.unwrap(), found);
    assert_eq!(database.count_of_user("u").await, 0);
    assert_eq!((store.footprint(&user("ub")).await.unwrap(), store.footprint(&user("bob")).await.unwrap()), others);
    assert_eq!(store.erase_user(&user("u")).await.unwrap(), Footprint::default(), "it may be repeated");
}

/// 30 conversations, a deleted one, a connection, and a part of a text whose message has not arrived.
async fn has_conversations(store: &DynamoStore, user: &UserId) {
    for number in 0..31 {
        store
            .begin_turn(&new_turn_in(user, &conversation_id(&format!("c{number}")), &format!("r{number}"), None))
            .await
            .unwrap();
    }
    let now = Timestamp::now();
    let request = Subscriber { connection: "tab".parse().unwrap(), request: "next".parse().unwrap() };
    let part = TextPart { user: user.clone(), request, index: 0, text: "Once".to_owned(), sent_at: now };
    store.put_text_part(&part).await.unwrap();
    store.mark_deleted(user, &conversation_id("c30"), now, now).await.unwrap();
    store
        .put_connection(&ConnectionRecord {
            user: user.clone(),
            connection: "tab".parse().unwrap(),
            connected_at: now,
            ends_at: now + Duration::from_secs(60),
            notice_at: now,
        })
        .await
        .unwrap();
}
