//! What every store promises of turns and the requests that lead to them. Included once for each store, which the module around it starts.

use std::time::Duration;

use natter::conversation::{Role, Timestamp};
use natter::db::{
    MAX_SUBSCRIBERS, RequestRecord, RequestStore, Save, SentMessage, StoreError, Subscription, TurnStore,
};
use natter::reply::Reply;
use natter::turn::{Ending, FinishReason, Subscriber, TurnKey};

use super::start;
use crate::stores::turns::{begun, deliver, head, key, save, saving, subscriber};
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
async fn a_user_reads_nothing_of_another_users_conversation_of_the_same_id() {
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
async fn a_duplicate_request_starts_one_turn() {
    let (guard, store) = start().await;
    store.begin_turn(&new_turn(&user("alice"), "r1", None)).await.unwrap();
    let again = store.begin_turn(&new_turn(&user("alice"), "r1", None)).await;
    assert!(matches!(again, Err(StoreError::Duplicate)), "{again:?}");
    assert_eq!(guard.count("MSG#").await, 2);
}

#[tokio::test]
async fn of_two_racing_turns_one_starts_and_the_other_stores_nothing() {
    let (guard, store) = start().await;
    let (one, two) = (new_turn(&user("alice"), "r1", None), new_turn(&user("alice"), "r2", None));
    let (one, two) = tokio::join!(store.begin_turn(&one), store.begin_turn(&two));
    assert_eq!([&one, &two].iter().filter(|begun| begun.is_ok()).count(), 1, "{one:?} {two:?}");
    assert!(matches!(one.and(two), Err(StoreError::Stale)));
    assert_eq!(guard.count("MSG#").await, 2);
    assert_eq!(guard.count("REQ#").await, 1);
}

#[tokio::test]
async fn a_turn_that_read_a_stale_head_does_not_start() {
    let (_guard, store) = start().await;
    store.begin_turn(&new_turn(&user("alice"), "r1", None)).await.unwrap();
    let read = head(&store, "alice").await;
    store.begin_turn(&new_turn(&user("alice"), "r2", Some(read.clone()))).await.unwrap();
    let late = store.begin_turn(&new_turn(&user("alice"), "r3", Some(read))).await;
    assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
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
async fn an_ended_or_expired_turn_cannot_be_joined_or_stopped() {
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
async fn turns_are_due_from_their_first_leases_expiry_until_delivered() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let later = turn.lease.expires_at + Duration::from_secs(1);
    assert_eq!(store.due_turns(Timestamp::now(), 10).await.unwrap(), []);
    assert_eq!(store.due_turns(later, 10).await.unwrap(), [key(&turn)]);
    deliver(&store, &turn, false, None).await;
    assert_eq!(store.due_turns(later, 10).await.unwrap(), [key(&turn)], "a running turn has no end to be delivered");

    let mut reply = Reply::new(turn.reply.id.clone(), None);
    save(&store, &turn, &reply).await.unwrap();
    assert_eq!(store.due_turns(later, 10).await.unwrap(), [key(&turn)]);
    reply.ending = Some(Ending::Stopped);
    save(&store, &turn, &reply).await.unwrap();
    assert_eq!(store.due_turns(later, 10).await.unwrap(), [key(&turn)]);
    assert!(store.reply(&key(&turn)).await.unwrap().unwrap().is_due);
    deliver(&store, &turn, true, None).await;
    assert_eq!(store.due_turns(later, 10).await.unwrap(), []);
    let written = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert!(!written.is_due && written.missed);
}

#[tokio::test]
async fn a_turn_does_not_begin_while_the_one_before_it_has_not_ended() {
    let (_guard, store) = start().await;
    let first = begun(&store, "r1").await;
    let mut second = new_turn(&user("alice"), "r2", Some(head(&store, "alice").await));
    second.closed = Some(first.reply.id.clone());
    let begun = store.begin_turn(&second).await;
    assert!(matches!(begun, Err(StoreError::Stale)), "{begun:?}");
    store.close_abandoned(&key(&first), &first.lease, "closer", &[]).await.unwrap();
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
async fn the_newest_reply_is_found_by_the_client_id_whatever_the_text() {
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
async fn a_stop_before_its_message_is_recorded_for_it() {
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
async fn a_resume_learns_once_that_its_stop_arrived_first() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let Subscriber { connection, request } = subscriber("r2");
    store.stop_in_advance(&user("alice"), &connection, &request, Timestamp::now()).await.unwrap();
    for expected in [Subscription::Stopped, Subscription::Subscribed] {
        let joined = store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
        assert_eq!(joined, expected);
    }
    let reply = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert_eq!((reply.stop_requested, reply.subscribers), (false, vec![subscriber("r1"), subscriber("r2")]));
}

#[tokio::test]
async fn a_turn_accepts_the_maximum_of_subscribers_until_its_owner_removes_some() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r0").await;
    let join = async |number: usize| {
        store.subscribe(&key(&turn), &subscriber(&format!("r{number}")), Timestamp::now()).await.unwrap()
    };
    for number in 1..MAX_SUBSCRIBERS {
        assert_eq!(join(number).await, Subscription::Subscribed);
    }
    assert_eq!(join(MAX_SUBSCRIBERS).await, Subscription::Full);
    assert_eq!(join(1).await, Subscription::Subscribed, "one that has subscribed already is not refused");

    let dismissed = [subscriber("r1"), subscriber("r2")];
    let reply = Reply::new(turn.reply.id.clone(), None);
    let lease = turn.lease.renewed(turn.lease.expires_at);
    let saved =
        store.save_turn(Save { dismissed: &dismissed, ..saving(&turn, &lease, &reply, Some(0)) }).await.unwrap();
    assert_eq!(saved.subscribers.unwrap().len(), MAX_SUBSCRIBERS - 2);
    assert_eq!(join(MAX_SUBSCRIBERS).await, Subscription::Subscribed);
}

#[tokio::test]
async fn the_newest_messages_are_read_first_up_to_the_limit() {
    let (_guard, store) = start().await;
    begun(&store, "r1").await;
    let second = new_turn(&user("alice"), "r2", Some(head(&store, "alice").await));
    store.begin_turn(&second).await.unwrap();
    let opened = store.open(&user("alice"), &conversation_id("c"), None, 3).await.unwrap();
    let roles: Vec<_> = opened.recent.iter().map(|written| written.message.role).collect();
    assert_eq!(roles, [Role::Assistant, Role::User, Role::Assistant]);
    assert_eq!(opened.recent[0].message.id, second.reply.id);
}
