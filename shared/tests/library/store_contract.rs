//! What every store promises, tried on DynamoDB through the real SDK.

use std::time::Duration;

use natter::conversation::{Conversation, Part, Role, Timestamp, Usage, UserId};
use natter::db::{Abandoned, DynamoStore, NewTurn, Save, Signals, Store, StoreError, Subscriber};
use natter::reply::Reply;
use natter::turn::{Ending, FinishReason, Status, TurnKey};

use crate::support::{TestDatabase, conversation_id, new_turn, user};

#[tokio::test]
async fn a_turn_begins_with_the_message_the_empty_reply_and_the_head() {
    let (_database, store) = start().await;
    let turn = new_turn(&user("alice"), "r1", None);
    store.begin_turn(&turn).await.unwrap();

    let opened = store.open(&user("alice"), &conversation_id("c"), 10).await.unwrap();
    let head = opened.conversation.unwrap();
    assert_eq!(head.head_message_id, turn.reply.id);
    assert_eq!(head.version, 1);
    let messages: Vec<_> = opened.recent.iter().map(|written| written.message.clone()).collect();
    assert_eq!(messages, [turn.reply, turn.question.unwrap()]);
    assert_eq!(opened.recent[0].lease.as_ref(), Some(&turn.lease));
}

#[tokio::test]
async fn a_user_finds_nothing_of_another_users_conversation_of_the_same_name() {
    let (_database, store) = start().await;
    let turn = new_turn(&user("alice"), "r1", None);
    store.begin_turn(&turn).await.unwrap();

    let opened = store.open(&user("bob"), &conversation_id("c"), 10).await.unwrap();
    assert_eq!(opened, Default::default());
    let key = TurnKey { user_id: user("bob"), ..key(&turn) };
    assert_eq!(store.reply(&key).await.unwrap(), None);
    assert!(!store.request_stop(&key).await.unwrap());
    assert!(!store.subscribe(&key, &subscriber("r2"), Timestamp::now()).await.unwrap());
    let request = store.turn_of_request(&user("bob"), &turn.subscriber.connection, &turn.subscriber.request).await;
    assert_eq!(request.unwrap(), None);
}

#[tokio::test]
async fn a_request_that_comes_twice_begins_one_turn() {
    let (database, store) = start().await;
    store.begin_turn(&new_turn(&user("alice"), "r1", None)).await.unwrap();
    let again = store.begin_turn(&new_turn(&user("alice"), "r1", None)).await;
    assert!(matches!(again, Err(StoreError::Duplicate)), "{again:?}");
    assert_eq!(database.count("MSG#").await, 2);
}

#[tokio::test]
async fn of_two_turns_that_race_one_begins_and_nothing_of_the_other_is_stored() {
    let (database, store) = start().await;
    let (one, two) = (new_turn(&user("alice"), "r1", None), new_turn(&user("alice"), "r2", None));
    let (one, two) = tokio::join!(store.begin_turn(&one), store.begin_turn(&two));
    assert_eq!([&one, &two].iter().filter(|begun| begun.is_ok()).count(), 1, "{one:?} {two:?}");
    assert!(matches!(one.and(two), Err(StoreError::Stale)));
    assert_eq!(database.count("MSG#").await, 2);
    assert_eq!(database.count("REQ#").await, 1);
}

#[tokio::test]
async fn a_turn_that_read_an_old_head_does_not_begin() {
    let (_database, store) = start().await;
    store.begin_turn(&new_turn(&user("alice"), "r1", None)).await.unwrap();
    let read = head(&store, "alice").await;
    store.begin_turn(&new_turn(&user("alice"), "r2", Some(read.clone()))).await.unwrap();
    let late = store.begin_turn(&new_turn(&user("alice"), "r3", Some(read))).await;
    assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
}

#[tokio::test]
async fn what_is_saved_is_read_back_with_all_its_parts() {
    let (_database, store) = start().await;
    let turn = begun(&store, "r1").await;
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.push_reasoning("Let me think. ");
    reply.push_text("Grüße, 世界 👩‍👩‍👧");
    save(&store, &turn, &reply).await.unwrap();
    reply.push_text("!\u{0}");
    reply.usage = Some(Usage { input_tokens: 7, output_tokens: 9 });
    reply.ending = Some(Ending::Complete(FinishReason::Stop));
    end(&store, &turn, &reply).await.unwrap();

    let stored = store.reply(&key(&turn)).await.unwrap().unwrap().message;
    assert_eq!(
        stored.parts,
        [Part::Reasoning { text: "Let me think. ".to_owned() }, Part::Text { text: "Grüße, 世界 👩‍👩‍👧!\u{0}".to_owned() }]
    );
    assert_eq!((stored.status, stored.usage), (Status::Complete, reply.usage));
}

#[tokio::test]
async fn only_the_owner_of_the_lease_writes_a_reply() {
    let (_database, store) = start().await;
    let mut turn = begun(&store, "r1").await;
    let reply = Reply::new(turn.reply.id.clone(), None);
    turn.lease.owner = "somebody else".to_owned();
    assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::NotOwner)));
    assert!(matches!(end(&store, &turn, &reply).await, Err(StoreError::NotOwner)));
}

#[tokio::test]
async fn a_turn_ends_once() {
    let (_database, store) = start().await;
    let turn = begun(&store, "r1").await;
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.ending = Some(Ending::Stopped);
    end(&store, &turn, &reply).await.unwrap();
    assert!(matches!(save(&store, &turn, &reply).await, Err(StoreError::NotOwner)));
    reply.ending = Some(Ending::Interrupted);
    assert!(matches!(end(&store, &turn, &reply).await, Err(StoreError::NotOwner)));
    let stored = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert_eq!(stored.message.status, Status::Stopped);
}

#[tokio::test]
async fn an_end_whose_answer_was_lost_succeeds_when_it_is_written_again() {
    let (_database, store) = start().await;
    let turn = begun(&store, "r1").await;
    store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.ending = Some(Ending::Stopped);
    let first = end(&store, &turn, &reply).await.unwrap();
    assert_eq!(end(&store, &turn, &reply).await.unwrap(), first);
}

#[tokio::test]
async fn a_save_tells_the_owner_of_a_stop_and_of_all_who_joined() {
    let (_database, store) = start().await;
    let turn = begun(&store, "r1").await;
    let reply = Reply::new(turn.reply.id.clone(), None);
    assert_eq!(save(&store, &turn, &reply).await.unwrap(), Signals::default());

    assert!(store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap());
    assert!(store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap());
    assert!(store.request_stop(&key(&turn)).await.unwrap());
    let signals = save(&store, &turn, &reply).await.unwrap();
    assert_eq!(signals, Signals { stop_requested: true, subscribers: vec![subscriber("r2")] });
}

#[tokio::test]
async fn a_request_leads_to_the_turn_that_it_started_or_joined() {
    let (_database, store) = start().await;
    let turn = begun(&store, "r1").await;
    store.subscribe(&key(&turn), &subscriber("r2"), Timestamp::now()).await.unwrap();
    for request in ["r1", "r2"] {
        let subscriber = subscriber(request);
        let found = store.turn_of_request(&user("alice"), &subscriber.connection, &subscriber.request).await.unwrap();
        assert_eq!(found, Some(key(&turn)));
    }
}

#[tokio::test]
async fn nobody_joins_or_stops_a_turn_that_has_ended_or_whose_lease_ran_out() {
    let (_database, store) = start().await;
    let turn = begun(&store, "r1").await;
    let later = Timestamp::now() + Duration::from_secs(60);
    assert!(!store.subscribe(&key(&turn), &subscriber("r2"), later).await.unwrap());

    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.ending = Some(Ending::Complete(FinishReason::Stop));
    end(&store, &turn, &reply).await.unwrap();
    assert!(!store.subscribe(&key(&turn), &subscriber("r3"), Timestamp::now()).await.unwrap());
    assert!(!store.request_stop(&key(&turn)).await.unwrap());
}

#[tokio::test]
async fn an_abandoned_turn_is_closed_unless_its_owner_prolonged_the_lease() {
    let (_database, store) = start().await;
    let mut turn = begun(&store, "r1").await;
    let seen = turn.lease.clone();
    turn.lease.expires_at = turn.lease.expires_at + Duration::from_secs(1);
    save(&store, &turn, &Reply::new(turn.reply.id.clone(), None)).await.unwrap();
    store.close_abandoned(&key(&turn), &seen).await.unwrap();
    assert_eq!(status(&store, &turn).await, Status::Streaming);
    store.close_abandoned(&key(&turn), &turn.lease).await.unwrap();
    assert_eq!(status(&store, &turn).await, Status::Interrupted);
}

#[tokio::test]
async fn a_turn_that_follows_an_abandoned_one_closes_it_in_the_same_step() {
    let (_database, store) = start().await;
    let abandoned = begun(&store, "r1").await;
    let next = NewTurn {
        abandoned: Some(Abandoned { message_id: abandoned.reply.id.clone(), lease: abandoned.lease.clone() }),
        ..new_turn(&user("alice"), "r2", Some(head(&store, "alice").await))
    };
    store.begin_turn(&next).await.unwrap();
    assert_eq!(status(&store, &abandoned).await, Status::Interrupted);
    assert_eq!(status(&store, &next).await, Status::Streaming);
}

#[tokio::test]
async fn the_newest_messages_are_read_first_and_no_more_than_asked_for() {
    let (_database, store) = start().await;
    begun(&store, "r1").await;
    let second = new_turn(&user("alice"), "r2", Some(head(&store, "alice").await));
    store.begin_turn(&second).await.unwrap();
    let opened = store.open(&user("alice"), &conversation_id("c"), 3).await.unwrap();
    let roles: Vec<_> = opened.recent.iter().map(|written| written.message.role).collect();
    assert_eq!(roles, [Role::Assistant, Role::User, Role::Assistant]);
    assert_eq!(opened.recent[0].message.id, second.reply.id);
}

#[tokio::test]
async fn a_connection_is_remembered_and_forgotten() {
    let (database, store) = start().await;
    let (alice, connection) = (user("alice"), "abc=".parse().unwrap());
    let now = Timestamp::now();
    store.put_connection(&alice, &connection, now, now + Duration::from_secs(7200)).await.unwrap();
    assert_eq!(database.count("CONN#").await, 1);
    store.delete_connection(&alice, &connection).await.unwrap();
    store.delete_connection(&alice, &connection).await.unwrap();
    assert_eq!(database.count("CONN#").await, 0);
}

async fn start() -> (TestDatabase, DynamoStore) {
    let database = TestDatabase::start().await;
    let store = database.store();
    (database, store)
}

async fn begun(store: &DynamoStore, request: &str) -> NewTurn {
    let turn = new_turn(&user("alice"), request, None);
    store.begin_turn(&turn).await.unwrap();
    turn
}

async fn head(store: &DynamoStore, name: &str) -> Conversation {
    let user: UserId = user(name);
    store.open(&user, &conversation_id("c"), 1).await.unwrap().conversation.unwrap()
}

async fn status(store: &DynamoStore, turn: &NewTurn) -> Status {
    store.reply(&key(turn)).await.unwrap().unwrap().message.status
}

async fn save(store: &DynamoStore, turn: &NewTurn, reply: &Reply) -> Result<Signals, StoreError> {
    store.save_turn(Save { turn: &key(turn), lease: &turn.lease, reply }).await
}

async fn end(store: &DynamoStore, turn: &NewTurn, reply: &Reply) -> Result<Signals, StoreError> {
    store.end_turn(Save { turn: &key(turn), lease: &turn.lease, reply }).await
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
