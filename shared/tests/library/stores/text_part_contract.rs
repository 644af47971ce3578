//! What every store promises of texts that are sent in parts. Included once for each store, which the module around it starts.

use natter::conversation::Timestamp;
use natter::db::{TextPart, TextPartStore};
use natter::turn::Subscriber;

use super::start;
use crate::stores::turns::subscriber;
use crate::support::user;

#[tokio::test]
async fn the_parts_of_a_text_are_read_in_order_once_complete_and_then_removed() {
    let (_guard, store) = start().await;
    let (alice, request) = (user("alice"), subscriber("r1"));
    let put = async |name: &str, request: &Subscriber, index: usize, text: &str| {
        let (user, request, sent_at) = (user(name), request.clone(), Timestamp::now());
        store.put_text_part(&TextPart { user, request, index, text: text.to_owned(), sent_at }).await.unwrap();
    };
    assert_eq!(store.text_parts(&alice, &request, 1).await.unwrap(), None);
    for (index, text) in [(10, "k"), (2, "c"), (0, "a"), (2, "c")] {
        put("alice", &request, index, text).await;
    }
    put("alice", &subscriber("r11"), 1, "another request's").await;
    put("bob", &request, 1, "another user's").await;
    assert_eq!(store.text_parts(&alice, &request, 3).await.unwrap(), None, "one is missing");
    put("alice", &request, 1, "b").await;
    let parts = store.text_parts(&alice, &request, 3).await.unwrap();
    assert_eq!(parts, Some(["a", "b", "c"].map(str::to_owned).into()));

    store.remove_text_parts(&alice, &request, 3).await.unwrap();
    store.remove_text_parts(&alice, &request, 3).await.unwrap();
    assert_eq!(store.text_parts(&alice, &request, 1).await.unwrap(), None);
    assert!(store.text_parts(&user("bob"), &request, 1).await.unwrap().is_none());
}
