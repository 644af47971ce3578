//! What every store promises of a reply while it is written. Included once for each store, which the module around it starts.

use natter::conversation::{Entry, Source, Status, Timestamp, Usage};
use natter::db::{ConversationStore, RequestStore, Signals, StoreError, Subscription, TurnStore};
use natter::reply::Reply;
use natter::turn::{Ending, FinishReason};

use super::start;
use crate::stores::turns::{begun, deliver, key, other_lease, save, save_next, saving, status, subscriber};
use crate::support::{conversation_id, user};

#[tokio::test]
async fn a_saved_reply_is_read_back_with_all_its_parts() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.push_reasoning("Let me think. ");
    reply.push_text("Grüße, 世界 👩‍👩‍👧");
    save(&store, &turn, &reply).await.unwrap();
    reply.push_text("!\u{0}");
    let sources = [("https://example.com/a", Some("A page")), ("https://example.com/b", None)];
    let sources = sources.map(|(url, title)| Source::new(url, title).unwrap());
    sources.iter().for_each(|source| reply.push_source(source.clone()));
    reply.usage = Some(Usage { input_tokens: 7, output_tokens: 9, ..Usage::default() });
    reply.model = Some("another-model".to_owned());
    reply.ending = Some(Ending::Complete(FinishReason::Stop));
    save(&store, &turn, &reply).await.unwrap();

    let stored = store.reply(&key(&turn)).await.unwrap().unwrap().message;
    assert_eq!(
        stored.entries,
        [
            Entry::Reasoning { text: "Let me think. ".to_owned() },
            Entry::Text { text: "Grüße, 世界 👩‍👩‍👧!\u{0}".to_owned() },
            Entry::Source { source: sources[0].clone() },
            Entry::Source { source: sources[1].clone() },
        ]
    );
    assert_eq!((stored.status, stored.usage, stored.model), (Status::Complete, reply.usage, reply.model));
}

#[tokio::test]
async fn only_the_owner_of_the_lease_writes_a_reply() {
    let (_guard, store) = start().await;
    let mut turn = begun(&store, "r1").await;
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    turn.lease.owner = "somebody else".to_owned();
    assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::LeaseLost)));
    reply.ending = Some(Ending::Stopped);
    assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::LeaseLost)));
}

#[tokio::test]
async fn a_turn_ends_once() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.ending = Some(Ending::Stopped);
    save(&store, &turn, &reply).await.unwrap();
    for other in [None, Some(Ending::Interrupted), Some(Ending::Complete(FinishReason::Stop))] {
        reply.ending = other;
        assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::LeaseLost)));
    }
    let stored = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert_eq!(stored.message.status, Status::Stopped);
}

#[tokio::test]
async fn an_end_whose_response_was_lost_can_be_written_again() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.ending = Some(Ending::Stopped);
    let first = save(&store, &turn, &reply).await.unwrap();
    assert_eq!(save(&store, &turn, &reply).await.unwrap(), first);
}

#[tokio::test]
async fn a_save_returns_stop_requests_and_new_subscribers() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let reply = Reply::new(turn.reply.id.clone(), None);
    let asked = Signals { stop_requested: false, subscribers: Some(vec![subscriber("r1")]) };
    assert_eq!(save(&store, &turn, &reply).await.unwrap(), asked);

    for _ in 0..2 {
        let joined = store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
        assert_eq!(joined, Subscription::Subscribed);
    }
    assert!(store.request_stop(&key(&turn)).await.unwrap());
    let signals = save(&store, &turn, &reply).await.unwrap();
    assert_eq!(signals, Signals { stop_requested: true, subscribers: Some(vec![subscriber("r1"), subscriber("r2")]) });
}

#[tokio::test]
async fn an_abandoned_turn_is_closed_or_taken_over_unless_its_lease_was_renewed() {
    let (_guard, store) = start().await;
    let mut turn = begun(&store, "r1").await;
    let seen = turn.lease.clone();
    let empty = Reply::new(turn.reply.id.clone(), None);
    save_next(&store, &mut turn, &empty).await.unwrap();
    assert!(matches!(store.close_abandoned(&key(&turn), &seen, "closer", &[]).await, Err(StoreError::LeaseLost)));
    assert!(matches!(store.take_over(&key(&turn), &seen, &other_lease()).await, Err(StoreError::LeaseLost)));
    assert_eq!(status(&store, &turn).await, Status::Streaming);

    for _ in 0..2 {
        let orphaned = store.close_abandoned(&key(&turn), &turn.lease, "closer", &[]).await.unwrap();
        assert_eq!(orphaned, [subscriber("r1")], "also when it is written again");
    }
    assert_eq!(status(&store, &turn).await, Status::Interrupted);
    let again = store.close_abandoned(&key(&turn), &turn.lease, "another closer", &[]).await;
    assert!(matches!(again, Err(StoreError::LeaseLost)));
}

#[tokio::test]
async fn a_takeover_returns_the_subscribers_and_fences_the_old_owner() {
    let (_guard, store) = start().await;
    let mut turn = begun(&store, "r1").await;
    store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
    for _ in 0..2 {
        let orphaned = store.take_over(&key(&turn), &turn.lease, &other_lease()).await.unwrap();
        assert_eq!(orphaned, [subscriber("r1"), subscriber("r2")], "also when it is written again");
    }

    let reply = Reply::new(turn.reply.id.clone(), None);
    assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::LeaseLost)));
    turn.lease = other_lease();
    let recorded = save(&store, &turn, &reply).await.unwrap().subscribers;
    assert_eq!(recorded, Some(vec![subscriber("r1"), subscriber("r2")]), "they stay recorded until notified");
}

#[tokio::test]
async fn a_segmented_reply_reads_whole_without_an_old_owners_segments() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let text = |text: &str| Entry::Text { text: text.to_owned() };
    let thought = |text: &str| Entry::Reasoning { text: text.to_owned() };
    store.save_segment(&key(&turn), &other_lease(), 0, &[text("somebody else's, and longer")]).await.unwrap();
    store.save_segment(&key(&turn), &turn.lease, 0, &[thought("First "), text("a")]).await.unwrap();
    store.save_segment(&key(&turn), &turn.lease, 1, &[text("b")]).await.unwrap();
    store.save_segment(&key(&turn), &turn.lease, 2, &[text("not counted yet")]).await.unwrap();
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.push_text("c");
    let lease = turn.lease.renewed(turn.lease.expires_at);
    store.save_turn(saving(&turn, &lease, &reply, Some(2))).await.unwrap();

    let whole = [thought("First "), text("abc")];
    assert_eq!(store.reply(&key(&turn)).await.unwrap().unwrap().message.entries, whole);
    let opened = store.open(&user("alice"), &conversation_id("c"), None, 10).await.unwrap();
    assert_eq!(opened.recent.len(), 2);
    assert_eq!(opened.recent[0].message.entries, whole);
}

#[tokio::test]
async fn a_reply_longer_than_an_item_may_be_reads_whole() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let piece = "0123456789".repeat(10_000);
    for number in 0..12 {
        store.save_segment(&key(&turn), &turn.lease, number, &[Entry::Text { text: piece.clone() }]).await.unwrap();
    }
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.ending = Some(Ending::Complete(FinishReason::Stop));
    let lease = turn.lease.renewed(turn.lease.expires_at);
    store.save_turn(saving(&turn, &lease, &reply, Some(12))).await.unwrap();
    assert_eq!(store.reply(&key(&turn)).await.unwrap().unwrap().message.content(), piece.repeat(12));
}

#[tokio::test]
async fn a_save_that_arrives_after_a_later_one_is_rejected() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let (mut early, mut late) = (Reply::new(turn.reply.id.clone(), None), Reply::new(turn.reply.id.clone(), None));
    early.push_text("one");
    late.push_text("one two");
    let first = turn.lease.renewed(turn.lease.expires_at);
    let second = first.renewed(turn.lease.expires_at);
    store.save_turn(saving(&turn, &second, &late, Some(0))).await.unwrap();
    let _ = store.save_turn(saving(&turn, &first, &early, Some(0))).await;
    assert_eq!(store.reply(&key(&turn)).await.unwrap().unwrap().message.content(), "one two");
    store.save_turn(saving(&turn, &second, &late, Some(0))).await.unwrap();
}

#[tokio::test]
async fn a_segment_never_replaces_a_longer_one_of_its_number() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let text = |text: &str| [Entry::Text { text: text.to_owned() }];
    store.save_segment(&key(&turn), &turn.lease, 0, &text("one two ")).await.unwrap();
    assert!(store.save_segment(&key(&turn), &turn.lease, 0, &text("one ")).await.is_err());
    store.save_segment(&key(&turn), &turn.lease, 0, &text("one two ")).await.unwrap();
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.push_text("three");
    let lease = turn.lease.renewed(turn.lease.expires_at);
    store.save_turn(saving(&turn, &lease, &reply, Some(1))).await.unwrap();
    store.withdraw(&key(&turn)).await.unwrap();
    assert_eq!(store.reply(&key(&turn)).await.unwrap().unwrap().message.content(), "one two three");
}

#[tokio::test]
async fn an_earlier_attempts_content_is_kept_until_another_stores_some() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let text = |text: &str| [Entry::Text { text: text.to_owned() }];
    let content = async || store.reply(&key(&turn)).await.unwrap().unwrap().message.content();
    store.save_segment(&key(&turn), &turn.lease, 0, &text("one two ")).await.unwrap();
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.push_text("three");
    let lease = turn.lease.renewed(turn.lease.expires_at);
    store.save_turn(saving(&turn, &lease, &reply, Some(1))).await.unwrap();

    store.take_over(&key(&turn), &lease, &other_lease()).await.unwrap();
    assert_eq!(content().await, "one two three");
    let mut renewed = other_lease().renewed(turn.lease.expires_at);
    store.save_turn(saving(&turn, &renewed, &reply, None)).await.unwrap();
    assert_eq!(content().await, "one two three");
    let mut another = Reply::new(turn.reply.id.clone(), None);
    another.push_text("something else");
    renewed = renewed.renewed(turn.lease.expires_at);
    store.save_turn(saving(&turn, &renewed, &another, Some(0))).await.unwrap();
    assert_eq!(content().await, "something else");
}

#[tokio::test]
async fn a_write_to_a_deleted_conversation_leaves_nothing() {
    let (guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let (alice, now) = (user("alice"), Timestamp::now());
    store.mark_deleted(&alice, &conversation_id("c"), now, now).await.unwrap();
    store.purge_messages(&alice, &conversation_id("c"), None).await.unwrap();

    let text = [Entry::Text { text: "late".to_owned() }];
    // It is removed again by who wrote it.
    let _ = store.save_segment(&key(&turn), &turn.lease, 0, &text).await;
    store.withdraw(&key(&turn)).await.unwrap();
    let reply = Reply::new(turn.reply.id.clone(), None);
    let lease = turn.lease.renewed(turn.lease.expires_at);
    assert!(matches!(store.save_turn(saving(&turn, &lease, &reply, Some(0))).await, Err(StoreError::LeaseLost)));
    deliver(&store, &turn, true, None).await;
    assert!(!store.request_stop(&key(&turn)).await.unwrap());
    assert_eq!(guard.count("MSG#").await, 0);
}

#[tokio::test]
async fn an_owner_does_not_mistake_a_close_as_interrupted_for_its_own_end() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    store.close_abandoned(&key(&turn), &turn.lease, "closer", &[]).await.unwrap();
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.push_text("what was written meanwhile");
    reply.ending = Some(Ending::Interrupted);
    assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::LeaseLost)));
    assert_eq!(store.reply(&key(&turn)).await.unwrap().unwrap().message.content(), "");
}
