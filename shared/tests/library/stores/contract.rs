//! What every store promises. Included once for each store, which the module around it starts.

use std::time::Duration;

use natter::conversation::{Conversation, Part, Role, Status, Timestamp, Usage, UserId};
use natter::db::{
    ConnectionRecord, ConnectionStore, ConversationStore, MAX_SUBSCRIBERS, NewTurn, Period, PlaceClaim, RequestRecord,
    Save, SavedContent, SentMessage, Signals, Store, StoreError, Subscription, TextPart, TextPartStore, Traffic,
};
use natter::reply::Reply;
use natter::turn::{Ending, FinishReason, Lease, Subscriber, TurnKey};

use super::start;
use crate::support::{conversation_id, new_turn, user};

#[tokio::test]
async fn a_turn_begins_with_the_message_the_empty_reply_and_the_head() {
    let (_guard, store) = start().await;
    let turn = new_turn(&user("alice"), "r1", None);
    store.begin_turn(&turn).await.unwrap();

    let opened = store.open(&user("alice"), &conversation_id("c"), None, 10).await.unwrap();
    let head = opened.conversation.unwrap();
    assert_eq!(head.head_message_id, turn.reply.id);
    assert_eq!(head.version, 1);
    let messages: Vec<_> = opened.recent.iter().map(|written| written.message.clone()).collect();
    assert_eq!(messages, [turn.reply, turn.question.unwrap()]);
    assert_eq!(opened.recent[0].lease.as_ref(), Some(&turn.lease));
}

#[tokio::test]
async fn a_user_finds_nothing_of_another_users_conversation_of_the_same_name() {
    let (_guard, store) = start().await;
    let turn = new_turn(&user("alice"), "r1", None);
    store.begin_turn(&turn).await.unwrap();

    let opened = store.open(&user("bob"), &conversation_id("c"), None, 10).await.unwrap();
    assert_eq!(opened, Default::default());
    let key = TurnKey { user_id: user("bob"), ..key(&turn) };
    assert_eq!(store.reply(&key).await.unwrap(), None);
    assert!(!store.request_stop(&key).await.unwrap());
    let joined = store.subscribe(&key, &subscriber("r2"), Timestamp::now()).await.unwrap();
    assert_eq!(joined, Subscription::NotRunning);
    let request = store.request(&user("bob"), &turn.subscriber.connection, &turn.subscriber.request).await;
    assert_eq!(request.unwrap(), None);
}

#[tokio::test]
async fn a_request_that_comes_twice_begins_one_turn() {
    let (guard, store) = start().await;
    store.begin_turn(&new_turn(&user("alice"), "r1", None)).await.unwrap();
    let again = store.begin_turn(&new_turn(&user("alice"), "r1", None)).await;
    assert!(matches!(again, Err(StoreError::Duplicate)), "{again:?}");
    assert_eq!(guard.count("MSG#").await, 2);
}

#[tokio::test]
async fn of_two_turns_that_race_one_begins_and_nothing_of_the_other_is_stored() {
    let (guard, store) = start().await;
    let (one, two) = (new_turn(&user("alice"), "r1", None), new_turn(&user("alice"), "r2", None));
    let (one, two) = tokio::join!(store.begin_turn(&one), store.begin_turn(&two));
    assert_eq!([&one, &two].iter().filter(|begun| begun.is_ok()).count(), 1, "{one:?} {two:?}");
    assert!(matches!(one.and(two), Err(StoreError::Stale)));
    assert_eq!(guard.count("MSG#").await, 2);
    assert_eq!(guard.count("REQ#").await, 1);
}

#[tokio::test]
async fn a_turn_that_read_an_old_head_does_not_begin() {
    let (_guard, store) = start().await;
    store.begin_turn(&new_turn(&user("alice"), "r1", None)).await.unwrap();
    let read = head(&store, "alice").await;
    store.begin_turn(&new_turn(&user("alice"), "r2", Some(read.clone()))).await.unwrap();
    let late = store.begin_turn(&new_turn(&user("alice"), "r3", Some(read))).await;
    assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
}

#[tokio::test]
async fn what_is_saved_is_read_back_with_all_its_parts() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.push_reasoning("Let me think. ");
    reply.push_text("Grüße, 世界 👩‍👩‍👧");
    save(&store, &turn, &reply).await.unwrap();
    reply.push_text("!\u{0}");
    reply.usage = Some(Usage { input_tokens: 7, output_tokens: 9 });
    reply.model = Some("another-model".to_owned());
    reply.ending = Some(Ending::Complete(FinishReason::Stop));
    save(&store, &turn, &reply).await.unwrap();

    let stored = store.reply(&key(&turn)).await.unwrap().unwrap().message;
    assert_eq!(
        stored.parts,
        [Part::Reasoning { text: "Let me think. ".to_owned() }, Part::Text { text: "Grüße, 世界 👩‍👩‍👧!\u{0}".to_owned() }]
    );
    assert_eq!((stored.status, stored.usage, stored.model), (Status::Complete, reply.usage, reply.model));
}

#[tokio::test]
async fn only_the_owner_of_the_lease_writes_a_reply() {
    let (_guard, store) = start().await;
    let mut turn = begun(&store, "r1").await;
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    turn.lease.owner = "somebody else".to_owned();
    assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::NotOwner)));
    reply.ending = Some(Ending::Stopped);
    assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::NotOwner)));
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
        assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::NotOwner)));
    }
    let stored = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert_eq!(stored.message.status, Status::Stopped);
}

#[tokio::test]
async fn an_end_whose_answer_was_lost_succeeds_when_it_is_written_again() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.ending = Some(Ending::Stopped);
    let first = save(&store, &turn, &reply).await.unwrap();
    assert_eq!(save(&store, &turn, &reply).await.unwrap(), first);
}

#[tokio::test]
async fn a_save_tells_the_owner_of_a_stop_and_of_all_who_joined() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let reply = Reply::new(turn.reply.id.clone(), None);
    let asked = Signals { stop_requested: false, subscribers: Some(vec![subscriber("r1")]) };
    assert_eq!(save(&store, &turn, &reply).await.unwrap(), asked);

    for _ in 0..2 {
        let joined = store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
        assert_eq!(joined, Subscription::Following);
    }
    assert!(store.request_stop(&key(&turn)).await.unwrap());
    let signals = save(&store, &turn, &reply).await.unwrap();
    assert_eq!(signals, Signals { stop_requested: true, subscribers: Some(vec![subscriber("r1"), subscriber("r2")]) });
}

#[tokio::test]
async fn a_request_leads_to_the_turn_that_it_started_or_joined() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
    for request in ["r1", "r2"] {
        let subscriber = subscriber(request);
        let found = store.request(&user("alice"), &subscriber.connection, &subscriber.request).await.unwrap();
        let Some(RequestRecord::Taken { turn: found, .. }) = found else { panic!("{found:?}") };
        assert_eq!(found, key(&turn));
    }
}

#[tokio::test]
async fn nobody_joins_or_stops_a_turn_that_has_ended_or_whose_lease_ran_out() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let later = Timestamp::now() + Duration::from_secs(60);
    let joined = store.subscribe(&key(&turn), &subscriber("r2"), later).await.unwrap();
    assert_eq!(joined, Subscription::NotRunning);

    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.ending = Some(Ending::Complete(FinishReason::Stop));
    save(&store, &turn, &reply).await.unwrap();
    let joined = store.subscribe(&key(&turn), &subscriber("r3"), Timestamp::now()).await.unwrap();
    assert_eq!(joined, Subscription::NotRunning);
    assert!(!store.request_stop(&key(&turn)).await.unwrap());
}

#[tokio::test]
async fn an_abandoned_turn_is_closed_or_taken_over_unless_its_owner_prolonged_the_lease() {
    let (_guard, store) = start().await;
    let mut turn = begun(&store, "r1").await;
    let seen = turn.lease.clone();
    let empty = Reply::new(turn.reply.id.clone(), None);
    save_next(&store, &mut turn, &empty).await.unwrap();
    assert!(matches!(store.close_abandoned(&key(&turn), &seen, "closer").await, Err(StoreError::NotOwner)));
    assert!(matches!(store.take_over(&key(&turn), &seen, &other_lease()).await, Err(StoreError::NotOwner)));
    assert_eq!(status(&store, &turn).await, Status::Streaming);

    for _ in 0..2 {
        let left_behind = store.close_abandoned(&key(&turn), &turn.lease, "closer").await.unwrap();
        assert_eq!(left_behind, [subscriber("r1")], "also when it is written again");
    }
    assert_eq!(status(&store, &turn).await, Status::Interrupted);
    let again = store.close_abandoned(&key(&turn), &turn.lease, "another closer").await;
    assert!(matches!(again, Err(StoreError::NotOwner)));
}

#[tokio::test]
async fn who_takes_a_turn_over_is_told_who_followed_it_and_the_old_owner_writes_no_more() {
    let (_guard, store) = start().await;
    let mut turn = begun(&store, "r1").await;
    store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
    for _ in 0..2 {
        let left_behind = store.take_over(&key(&turn), &turn.lease, &other_lease()).await.unwrap();
        assert_eq!(left_behind, [subscriber("r1"), subscriber("r2")], "also when it is written again");
    }

    let reply = Reply::new(turn.reply.id.clone(), None);
    assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::NotOwner)));
    turn.lease = other_lease();
    let recorded = save(&store, &turn, &reply).await.unwrap().subscribers;
    assert_eq!(recorded, Some(vec![subscriber("r1"), subscriber("r2")]), "they stay on record until told");
}

#[tokio::test]
async fn turns_are_found_when_their_first_lease_has_run_out_until_their_end_was_told() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let later = turn.lease.expires_at + Duration::from_secs(1);
    assert_eq!(store.due_turns(Timestamp::now(), 10).await.unwrap(), []);
    assert_eq!(store.due_turns(later, 10).await.unwrap(), [key(&turn)]);
    store.mark_told(&key(&turn), false).await.unwrap();
    assert_eq!(store.due_turns(later, 10).await.unwrap(), [key(&turn)], "a running turn has no end to be told");

    let mut reply = Reply::new(turn.reply.id.clone(), None);
    save(&store, &turn, &reply).await.unwrap();
    assert_eq!(store.due_turns(later, 10).await.unwrap(), [key(&turn)]);
    reply.ending = Some(Ending::Stopped);
    save(&store, &turn, &reply).await.unwrap();
    assert_eq!(store.due_turns(later, 10).await.unwrap(), [key(&turn)]);
    assert!(store.reply(&key(&turn)).await.unwrap().unwrap().is_due);
    store.mark_told(&key(&turn), true).await.unwrap();
    assert_eq!(store.due_turns(later, 10).await.unwrap(), []);
    let written = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert!(!written.is_due && written.missed);
}

#[tokio::test]
async fn a_reply_in_segments_reads_whole_and_those_of_an_old_owner_are_passed_over() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let text = |text: &str| Part::Text { text: text.to_owned() };
    let thought = |text: &str| Part::Reasoning { text: text.to_owned() };
    store.save_segment(&key(&turn), &other_lease(), 0, &[text("somebody else's, and longer")]).await.unwrap();
    store.save_segment(&key(&turn), &turn.lease, 0, &[thought("First "), text("a")]).await.unwrap();
    store.save_segment(&key(&turn), &turn.lease, 1, &[text("b")]).await.unwrap();
    store.save_segment(&key(&turn), &turn.lease, 2, &[text("not counted yet")]).await.unwrap();
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.push_text("c");
    let lease = turn.lease.renewed(turn.lease.expires_at);
    store.save_turn(saving(&turn, &lease, &reply, Some(2))).await.unwrap();

    let whole = [thought("First "), text("abc")];
    assert_eq!(store.reply(&key(&turn)).await.unwrap().unwrap().message.parts, whole);
    let opened = store.open(&user("alice"), &conversation_id("c"), None, 10).await.unwrap();
    assert_eq!(opened.recent.len(), 2);
    assert_eq!(opened.recent[0].message.parts, whole);
}

#[tokio::test]
async fn a_reply_longer_than_an_item_may_be_reads_whole() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let piece = "0123456789".repeat(10_000);
    for number in 0..12 {
        store.save_segment(&key(&turn), &turn.lease, number, &[Part::Text { text: piece.clone() }]).await.unwrap();
    }
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.ending = Some(Ending::Complete(FinishReason::Stop));
    let lease = turn.lease.renewed(turn.lease.expires_at);
    store.save_turn(saving(&turn, &lease, &reply, Some(12))).await.unwrap();
    assert_eq!(store.reply(&key(&turn)).await.unwrap().unwrap().message.content(), piece.repeat(12));
}

#[tokio::test]
async fn a_save_that_arrives_behind_a_later_one_is_refused() {
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
async fn a_segment_that_arrives_behind_a_longer_one_of_its_number_is_refused() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let text = |text: &str| [Part::Text { text: text.to_owned() }];
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
async fn what_an_earlier_attempt_has_stored_is_kept_until_another_stores_content() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let text = |text: &str| [Part::Text { text: text.to_owned() }];
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
async fn nothing_stays_of_what_is_written_of_a_deleted_conversation() {
    let (guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let (alice, now) = (user("alice"), Timestamp::now());
    store.mark_deleted(&alice, &conversation_id("c"), now, now).await.unwrap();
    store.remove_messages(&alice, &conversation_id("c"), None).await.unwrap();

    let text = [Part::Text { text: "late".to_owned() }];
    // It is removed again by who wrote it.
    let _ = store.save_segment(&key(&turn), &turn.lease, 0, &text).await;
    store.withdraw(&key(&turn)).await.unwrap();
    let reply = Reply::new(turn.reply.id.clone(), None);
    let lease = turn.lease.renewed(turn.lease.expires_at);
    assert!(matches!(store.save_turn(saving(&turn, &lease, &reply, Some(0))).await, Err(StoreError::NotOwner)));
    store.mark_told(&key(&turn), true).await.unwrap();
    assert!(!store.request_stop(&key(&turn)).await.unwrap());
    assert_eq!(guard.count("MSG#").await, 0);
}

#[tokio::test]
async fn an_owner_whose_turn_was_closed_as_interrupted_does_not_take_that_for_its_own_end() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    store.close_abandoned(&key(&turn), &turn.lease, "closer").await.unwrap();
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.push_text("what was written meanwhile");
    reply.ending = Some(Ending::Interrupted);
    assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::NotOwner)));
    assert_eq!(store.reply(&key(&turn)).await.unwrap().unwrap().message.content(), "");
}

#[tokio::test]
async fn a_turn_does_not_begin_while_the_one_before_it_has_not_ended() {
    let (_guard, store) = start().await;
    let first = begun(&store, "r1").await;
    let mut second = new_turn(&user("alice"), "r2", Some(head(&store, "alice").await));
    second.closed = Some(first.reply.id.clone());
    let begun = store.begin_turn(&second).await;
    assert!(matches!(begun, Err(StoreError::Stale)), "{begun:?}");
    store.close_abandoned(&key(&first), &first.lease, "closer").await.unwrap();
    store.begin_turn(&second).await.unwrap();
}

#[tokio::test]
async fn a_message_is_stored_once_however_it_is_sent_and_leads_to_its_turn() {
    let (guard, store) = start().await;
    let first = begun(&store, "r1").await;
    let mut again = new_turn(&user("alice"), "r2", Some(head(&store, "alice").await));
    again.sent = first.sent.clone();
    let begun = store.begin_turn(&again).await;
    assert!(matches!(begun, Err(StoreError::Repeated)), "{begun:?}");
    assert_eq!(guard.count("MSG#").await, 2);

    let (alice, sent) = (user("alice"), first.sent.clone().unwrap());
    let found = store.turn_of_message(&alice, &conversation_id("c"), &sent).await.unwrap();
    assert_eq!(found, Some(key(&first)));
    let opened = store.open(&alice, &conversation_id("c"), Some(&sent), 1).await.unwrap();
    assert_eq!((opened.reply_to_sent, opened.recent.len()), (Some(first.reply.id.clone()), 1));
    let edited = SentMessage { digest: "another text".to_owned(), ..sent };
    assert_eq!(store.turn_of_message(&alice, &conversation_id("c"), &edited).await.unwrap(), None);
}

#[tokio::test]
async fn the_newest_reply_to_a_message_is_found_by_the_clients_id_whatever_its_text_was() {
    let (_guard, store) = start().await;
    let first = begun(&store, "r1").await;
    let sent = first.sent.clone().unwrap();
    let mut edited = new_turn(&user("alice"), "r2", Some(head(&store, "alice").await));
    edited.sent = Some(SentMessage { digest: "another text".to_owned(), ..sent.clone() });
    store.begin_turn(&edited).await.unwrap();
    let newest = async |user_name: &str, client_id: &str| {
        let (user, client_id) = (user(user_name), client_id.parse().unwrap());
        store.newest_reply_to(&user, &conversation_id("c"), &client_id).await.unwrap()
    };
    let id = sent.client_id.as_str();
    assert_eq!(newest("alice", id).await, Some(edited.reply.id.clone()));
    assert_eq!(newest("alice", &id[..id.len() - 1]).await, None);
    assert_eq!(newest("bob", id).await, None);
}

#[tokio::test]
async fn a_stop_that_comes_before_its_message_is_remembered_for_it() {
    let (_guard, store) = start().await;
    let mut turn = new_turn(&user("alice"), "r1", None);
    let Subscriber { connection, request } = turn.subscriber.clone();
    for _ in 0..2 {
        assert!(store.stop_in_advance(&user("alice"), &connection, &request, Timestamp::now()).await.unwrap());
    }
    assert!(matches!(store.begin_turn(&turn).await, Err(StoreError::Duplicate)));
    let record = store.request(&user("alice"), &connection, &request).await.unwrap();
    assert_eq!(record, Some(RequestRecord::StoppedInAdvance));

    turn.stopped_in_advance = true;
    store.begin_turn(&turn).await.unwrap();
    assert!(store.reply(&key(&turn)).await.unwrap().unwrap().stop_requested);
    let again = store.begin_turn(&new_turn(&user("alice"), "r1", None)).await;
    assert!(matches!(again, Err(StoreError::Duplicate)));
    assert!(!store.stop_in_advance(&user("alice"), &connection, &request, Timestamp::now()).await.unwrap());
}

#[tokio::test]
async fn a_resume_is_told_once_that_its_stop_has_come_before_it() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let Subscriber { connection, request } = subscriber("r2");
    store.stop_in_advance(&user("alice"), &connection, &request, Timestamp::now()).await.unwrap();
    for expected in [Subscription::Stopped, Subscription::Following] {
        let joined = store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
        assert_eq!(joined, expected);
    }
    let reply = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert_eq!((reply.stop_requested, reply.subscribers), (false, vec![subscriber("r1"), subscriber("r2")]));
}

#[tokio::test]
async fn a_request_is_replaced_by_a_later_one_of_its_connection_that_follows_the_same_turn() {
    let (_guard, store) = start().await;
    let (turn, now) = (begun(&store, "r1").await, Timestamp::now());
    let elsewhere = Subscriber { connection: "elsewhere".parse().unwrap(), ..subscriber("r4") };
    let (second, third) = (subscriber("r2"), subscriber("r3"));
    for (following, seconds) in [(&second, 1), (&elsewhere, 2)] {
        store.subscribe(&key(&turn), following, now + Duration::from_secs(seconds)).await.unwrap();
    }
    assert!(!store.is_replaced(&key(&turn), &second).await.unwrap());
    store.subscribe(&key(&turn), &third, now + Duration::from_secs(3)).await.unwrap();
    assert!(store.is_replaced(&key(&turn), &second).await.unwrap());
    // The same event once more.
    store.subscribe(&key(&turn), &second, now + Duration::from_secs(4)).await.unwrap();
    for newest in [&third, &elsewhere] {
        assert!(!store.is_replaced(&key(&turn), newest).await.unwrap());
    }

    store.unsubscribe(&key(&turn), &second).await.unwrap();
    let mut left = store.reply(&key(&turn)).await.unwrap().unwrap().subscribers;
    left.sort_by_key(|subscriber| subscriber.request.to_string());
    assert_eq!(left, [subscriber("r1"), third, elsewhere]);
}

#[tokio::test]
async fn so_many_follow_a_turn_and_no_more_until_its_owner_takes_some_off_the_record() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r0").await;
    let join = async |number: usize| {
        store.subscribe(&key(&turn), &subscriber(&format!("r{number}")), Timestamp::now()).await.unwrap()
    };
    for number in 1..MAX_SUBSCRIBERS {
        assert_eq!(join(number).await, Subscription::Following);
    }
    assert_eq!(join(MAX_SUBSCRIBERS).await, Subscription::Full);
    assert_eq!(join(1).await, Subscription::Following, "who follows already is not refused");

    let dismissed = [subscriber("r1"), subscriber("r2")];
    let reply = Reply::new(turn.reply.id.clone(), None);
    let lease = turn.lease.renewed(turn.lease.expires_at);
    let saved =
        store.save_turn(Save { dismissed: &dismissed, ..saving(&turn, &lease, &reply, Some(0)) }).await.unwrap();
    assert_eq!(saved.subscribers.unwrap().len(), MAX_SUBSCRIBERS - 2);
    assert_eq!(join(MAX_SUBSCRIBERS).await, Subscription::Following);
}

#[tokio::test]
async fn the_newest_messages_are_read_first_and_no_more_than_asked_for() {
    let (_guard, store) = start().await;
    begun(&store, "r1").await;
    let second = new_turn(&user("alice"), "r2", Some(head(&store, "alice").await));
    store.begin_turn(&second).await.unwrap();
    let opened = store.open(&user("alice"), &conversation_id("c"), None, 3).await.unwrap();
    let roles: Vec<_> = opened.recent.iter().map(|written| written.message.role).collect();
    assert_eq!(roles, [Role::Assistant, Role::User, Role::Assistant]);
    assert_eq!(opened.recent[0].message.id, second.reply.id);
}

#[tokio::test]
async fn a_connection_is_remembered_until_it_ends_or_is_forgotten() {
    let (_guard, store) = start().await;
    let now = Timestamp::now();
    for (name, seconds) in [("one", 7200), ("two", 7200), ("ended", 0)] {
        store.put_connection(&connection("alice", name, now, seconds)).await.unwrap();
    }
    store.put_connection(&connection("bob", "three", now, 7200)).await.unwrap();
    let names = async || -> Vec<String> {
        let connections = store.connections(&user("alice"), now).await.unwrap();
        connections.into_iter().map(String::from).collect()
    };
    assert_eq!(names().await, ["one", "two"]);
    let (one, two) = ("one".parse().unwrap(), "two".parse().unwrap());
    let all = store.all_connections(&user("alice"), now).await.unwrap();
    assert_eq!(all, [one, two]);
    for _ in 0..2 {
        store.delete_connection(&user("alice"), &"one".parse().unwrap()).await.unwrap();
    }
    assert_eq!(names().await, ["two"]);
}

#[tokio::test]
async fn a_connection_that_broke_off_is_none_any_more_and_is_remembered_for_a_while() {
    let (_guard, store) = start().await;
    let (alice, now) = (user("alice"), Timestamp::now());
    let (lost, broke_off) = ("lost".parse().unwrap(), now + Duration::from_secs(60));
    store.put_connection(&connection("alice", "lost", now, 7200)).await.unwrap();
    assert_eq!(store.lost_connections(&alice, broke_off).await.unwrap(), []);
    for name in ["lost", "unknown"] {
        store.lose_connection(&alice, &name.parse().unwrap(), broke_off).await.unwrap();
    }
    assert_eq!(store.connections(&alice, broke_off).await.unwrap(), []);
    assert_eq!(store.lost_connections(&alice, broke_off).await.unwrap(), [(lost, broke_off)]);
    assert_eq!(store.due_connections(broke_off + Duration::from_secs(600), 10).await.unwrap(), []);

    let later = broke_off + Duration::from_secs(3600);
    let [(user, connection)] = &store.due_connections(later, 10).await.unwrap()[..] else { panic!("it is found") };
    assert!(store.end_connection(user, connection, later).await.unwrap());
    assert_eq!(store.lost_connections(&alice, later).await.unwrap(), []);
}

#[tokio::test]
async fn a_connection_that_is_just_being_opened_is_not_forgotten_as_closed() {
    let (_guard, store) = start().await;
    let now = Timestamp::now();
    store.put_connection(&connection("alice", "one", now, 7200)).await.unwrap();
    let (alice, one) = (user("alice"), "one".parse().unwrap());
    store.delete_opened_before(&alice, &one, now).await.unwrap();
    assert_eq!(store.connections(&alice, now).await.unwrap(), std::slice::from_ref(&one));
    for _ in 0..2 {
        store.delete_opened_before(&alice, &one, now + Duration::from_secs(1)).await.unwrap();
    }
    assert_eq!(store.connections(&alice, now).await.unwrap(), []);
}

#[tokio::test]
async fn a_connection_is_due_for_a_notice_once_and_then_at_its_end() {
    let (_guard, store) = start().await;
    let now = Timestamp::now();
    store.put_connection(&connection("alice", "one", now, 7200)).await.unwrap();
    assert_eq!(store.due_connections(now, 10).await.unwrap(), []);
    let (soon, end) = (now + Duration::from_secs(7100), now + Duration::from_secs(7200));
    let one = (user("alice"), "one".parse().unwrap());
    assert_eq!(store.due_connections(soon, 10).await.unwrap(), std::slice::from_ref(&one));
    assert!(!store.end_connection(&one.0, &one.1, soon).await.unwrap(), "its end has not come");
    assert!(store.mark_noticed(&one.0, &one.1).await.unwrap());
    assert!(!store.mark_noticed(&one.0, &one.1).await.unwrap());
    assert_eq!(store.due_connections(soon, 10).await.unwrap(), []);
    assert_eq!(store.due_connections(end, 10).await.unwrap(), std::slice::from_ref(&one));
    assert!(store.end_connection(&one.0, &one.1, end).await.unwrap());
    assert!(!store.end_connection(&one.0, &one.1, end).await.unwrap());
    assert!(!store.mark_noticed(&one.0, &one.1).await.unwrap());
    assert_eq!(store.due_connections(end, 10).await.unwrap(), []);
}

#[tokio::test]
async fn no_more_places_are_claimed_than_there_are_until_one_is_released() {
    let (_guard, store) = start().await;
    let (alice, now) = (user("alice"), Timestamp::now());
    let id = |name: &str| name.parse().unwrap();
    for name in ["one", "two", "one"] {
        assert_eq!(store.claim_place(&alice, &id(name), 2, now).await.unwrap(), PlaceClaim::Granted, "{name}");
    }
    let full = PlaceClaim::Full(vec![id("one"), id("two")]);
    assert_eq!(store.claim_place(&alice, &id("three"), 2, now).await.unwrap(), full);
    assert_eq!(store.claim_place(&user("bob"), &id("three"), 2, now).await.unwrap(), PlaceClaim::Granted);
    store.release_places(&alice, &[id("one"), id("unknown")]).await.unwrap();
    assert_eq!(store.claim_place(&alice, &id("three"), 2, now).await.unwrap(), PlaceClaim::Granted);
    store.release_places(&alice, &[id("three"), id("two")]).await.unwrap();
    assert_eq!(store.claim_place(&alice, &id("four"), 1, now).await.unwrap(), PlaceClaim::Granted);
}

#[tokio::test]
async fn what_a_connection_sends_is_added_up_for_each_period() {
    let (_guard, store) = start().await;
    let (alice, one, two) = (user("alice"), "one".parse().unwrap(), "two".parse().unwrap());
    let period = |number| Period { number, forgotten_at: Timestamp::now() };
    for (connection, number, added, sum) in [
        (&one, 7, (2, 1), (2, 1)),
        (&one, 7, (1, 0), (3, 1)),
        (&one, 8, (2, 1), (2, 1)),
        (&two, 7, (2, 1), (2, 1)),
        (&one, 7, (2, 1), (5, 2)),
    ] {
        let traffic = |(frames, processes)| Traffic { frames, processes };
        let counted = store.add_traffic(&alice, connection, period(number), traffic(added)).await.unwrap();
        assert_eq!(counted, traffic(sum));
    }
}

#[tokio::test]
async fn the_pieces_of_a_text_are_read_in_order_once_all_are_there_and_then_removed() {
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
    let pieces = store.text_parts(&alice, &request, 3).await.unwrap();
    assert_eq!(pieces, Some(["a", "b", "c"].map(str::to_owned).into()));

    store.remove_text_parts(&alice, &request, 3).await.unwrap();
    store.remove_text_parts(&alice, &request, 3).await.unwrap();
    assert_eq!(store.text_parts(&alice, &request, 1).await.unwrap(), None);
    assert!(store.text_parts(&user("bob"), &request, 1).await.unwrap().is_none());
}

fn connection(name: &str, connection: &str, connected_at: Timestamp, seconds: u64) -> ConnectionRecord {
    let ends_at = connected_at + Duration::from_secs(seconds);
    ConnectionRecord {
        user: user(name),
        connection: connection.parse().unwrap(),
        connected_at,
        ends_at,
        notice_at: ends_at - Duration::from_secs(180),
    }
}

fn other_lease() -> Lease {
    Lease { attempt: 2, ..Lease::first("somebody else".to_owned(), Timestamp(9_000_000_000_000)) }
}

async fn begun(store: &impl Store, request: &str) -> NewTurn {
    let turn = new_turn(&user("alice"), request, None);
    store.begin_turn(&turn).await.unwrap();
    turn
}

async fn head(store: &impl Store, name: &str) -> Conversation {
    let user: UserId = user(name);
    store.open(&user, &conversation_id("c"), None, 1).await.unwrap().conversation.unwrap()
}

async fn status(store: &impl Store, turn: &NewTurn) -> Status {
    store.reply(&key(turn)).await.unwrap().unwrap().message.status
}

// A save under the lease of the turn, renewed once more than what is stored.
async fn save(store: &impl Store, turn: &NewTurn, reply: &Reply) -> Result<Signals, StoreError> {
    let stored = store.reply(&key(turn)).await.unwrap().unwrap().lease.unwrap();
    let lease = Lease { renewals: stored.renewals + 1, ..turn.lease.clone() };
    store.save_turn(saving(turn, &lease, reply, Some(0))).await
}

// The same, after which the turn has the lease that is stored.
async fn save_next(store: &impl Store, turn: &mut NewTurn, reply: &Reply) -> Result<Signals, StoreError> {
    turn.lease = turn.lease.renewed(turn.lease.expires_at + Duration::from_secs(1));
    store.save_turn(saving(turn, &turn.lease, reply, Some(0))).await
}

// A save behind so many segments; `None` keeps what an earlier attempt has stored.
fn saving<'a>(turn: &NewTurn, lease: &'a Lease, reply: &'a Reply, segments: Option<u32>) -> Save<'a> {
    Save {
        turn: Box::leak(Box::new(key(turn))),
        lease,
        content: segments.map(|segments| SavedContent { segments, tail: &reply.parts }),
        dismissed: &[],
        ending: reply.ending,
        model: reply.model.as_deref(),
        usage: reply.usage,
        cost: reply.cost,
        timings: reply.timings,
    }
}

fn key(turn: &NewTurn) -> TurnKey {
    TurnKey {
        user_id: turn.reply.user_id.clone(),
        conversation_id: turn.reply.conversation_id.clone(),
        message_id: turn.reply.id.clone(),
    }
}

fn subscriber(request: &str) -> Subscriber {
    Subscriber { connection: "connection".parse().unwrap(), request: request.parse().unwrap() }
}
