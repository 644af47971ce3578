//! What every store promises of connections. Included once for each store, which the module around it starts.

use std::time::Duration;

use natter::conversation::Timestamp;
use natter::db::{ConnectionRecord, ConnectionStore, Period, RequestStore, SlotClaim, Traffic, TurnStore};
use natter::turn::Subscriber;

use super::start;
use crate::stores::turns::{begun, key, subscriber};
use crate::support::user;

#[tokio::test]
async fn a_later_request_of_its_connection_for_the_same_turn_replaces_a_request() {
    let (_guard, store) = start().await;
    let (turn, now) = (begun(&store, "r1").await, Timestamp::now());
    let elsewhere = Subscriber { connection: "elsewhere".parse().unwrap(), ..subscriber("r4") };
    let (second, third) = (subscriber("r2"), subscriber("r3"));
    for (joining, seconds) in [(&second, 1), (&elsewhere, 2)] {
        store.subscribe(&key(&turn), joining, now + Duration::from_secs(seconds)).await.unwrap();
    }
    assert!(!store.release(&key(&turn), &second).await.unwrap());
    store.subscribe(&key(&turn), &third, now + Duration::from_secs(3)).await.unwrap();
    assert!(store.release(&key(&turn), &second).await.unwrap());
    // The same event once more.
    store.subscribe(&key(&turn), &second, now + Duration::from_secs(4)).await.unwrap();
    for newest in [&third, &elsewhere] {
        assert!(!store.release(&key(&turn), newest).await.unwrap());
    }
    // Of two at the same moment nobody knows which came first.
    let (fifth, sixth) = (subscriber("r5"), subscriber("r6"));
    for (joining, millis) in [(&fifth, 5_001), (&sixth, 5_000)] {
        store.subscribe(&key(&turn), joining, now + Duration::from_millis(millis)).await.unwrap();
    }
    assert!(store.release(&key(&turn), &fifth).await.unwrap());
    assert!(!store.release(&key(&turn), &sixth).await.unwrap(), "nobody is left");

    store.unsubscribe(&key(&turn), &second).await.unwrap();
    let mut left = store.reply(&key(&turn)).await.unwrap().unwrap().subscribers;
    left.sort_by_key(|subscriber| subscriber.request.to_string());
    assert_eq!(left, [subscriber("r1"), third, elsewhere, fifth, sixth]);
}

#[tokio::test]
async fn a_connection_is_stored_until_it_ends_or_is_removed() {
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
async fn a_lost_connection_is_not_listed_but_recorded_for_a_while() {
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
async fn an_opening_connection_is_not_removed_as_closed() {
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
async fn no_more_slots_are_claimed_than_exist_until_one_is_released() {
    let (_guard, store) = start().await;
    let (alice, now) = (user("alice"), Timestamp::now());
    let id = |name: &str| name.parse().unwrap();
    for name in ["one", "two", "one"] {
        assert_eq!(store.claim_slot(&alice, &id(name), 2, now).await.unwrap(), SlotClaim::Granted, "{name}");
    }
    let full = SlotClaim::Full(vec![id("one"), id("two")]);
    assert_eq!(store.claim_slot(&alice, &id("three"), 2, now).await.unwrap(), full);
    assert_eq!(store.claim_slot(&user("bob"), &id("three"), 2, now).await.unwrap(), SlotClaim::Granted);
    store.release_places(&alice, &[id("one"), id("unknown")]).await.unwrap();
    assert_eq!(store.claim_slot(&alice, &id("three"), 2, now).await.unwrap(), SlotClaim::Granted);
    store.release_places(&alice, &[id("three"), id("two")]).await.unwrap();
    assert_eq!(store.claim_slot(&alice, &id("four"), 1, now).await.unwrap(), SlotClaim::Granted);
}

#[tokio::test]
async fn the_frames_of_a_connection_are_counted_per_period() {
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
