//! What every store promises of allowances.

use std::time::Duration;

use natter::allowance::{Admission, Allowance, RunId, TurnUsage, UsageLimits};
use natter::conversation::{Day, Timestamp};
use natter::db::{AllowanceStore, NewTurn, StoreError, TurnStore};
use natter::turn::TurnKey;

use super::start;
use crate::support::{conversation_id, new_turn_in, user};

const MIDNIGHT: Timestamp = Timestamp(20_000 * 24 * 60 * 60 * 1000);
const HOUR: Duration = Duration::from_secs(60 * 60);
const SPENT: TurnUsage = TurnUsage { tokens: 700, dollars: 0.25 };

#[tokio::test]
async fn a_turn_is_counted_in_the_write_that_starts_it_or_not_at_all() {
    let (_guard, store) = start().await;
    let turn = admitted(&store, "one", MIDNIGHT).await;
    store.begin_turn(&turn).await.unwrap();
    let alice = store.allowance(&user("alice")).await.unwrap();
    assert_eq!(alice, turn.admission.unwrap().after);
    assert_eq!((alice.messages, alice.unsettled.len()), (1, 1));

    let again = NewTurn { admission: admitted(&store, "two", MIDNIGHT).await.admission, ..in_conversation("one") };
    assert!(matches!(store.begin_turn(&again).await, Err(StoreError::Duplicate | StoreError::Stale)));
    assert_eq!(store.allowance(&user("alice")).await.unwrap(), alice);
}

#[tokio::test]
async fn of_two_turns_admitted_from_one_version_one_starts_and_one_conflicts() {
    let (_guard, store) = start().await;
    for number in 0..2 {
        let turns = [format!("{number}-one"), format!("{number}-two")];
        let [one, two] = [admitted(&store, &turns[0], MIDNIGHT).await, admitted(&store, &turns[1], MIDNIGHT).await];
        store.begin_turn(&one).await.unwrap();
        assert!(matches!(store.begin_turn(&two).await, Err(StoreError::AllowanceConflict)));
        assert_eq!(store.reply(&key(&two)).await.unwrap(), None);
    }
    assert_eq!(store.allowance(&user("alice")).await.unwrap().messages, 2);
}

#[tokio::test]
async fn a_turn_is_settled_once_and_only_if_it_was_counted() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "one", MIDNIGHT).await;
    let run = RunId::first(&turn.message_id);
    assert!(store.settle(&user("alice"), &run, SPENT).await.unwrap());
    assert!(!store.settle(&user("alice"), &run, SPENT).await.unwrap());
    let behind_wait = RunId::beginning_at(&turn.message_id, 4);
    assert!(!store.settle(&user("alice"), &behind_wait, SPENT).await.unwrap());
    assert!(!store.settle(&user("bob"), &run, SPENT).await.unwrap());
    let alice = store.allowance(&user("alice")).await.unwrap();
    assert_eq!((alice.tokens, alice.dollars, alice.unsettled.len()), (700, 0.25, 0));
    assert_eq!(store.allowance(&user("bob")).await.unwrap(), Allowance::default());
}

#[tokio::test]
async fn a_turn_that_ends_while_another_starts_is_counted_without_a_conflict() {
    let (_guard, store) = start().await;
    let first = begun(&store, "one", MIDNIGHT).await;
    let second = admitted(&store, "two", MIDNIGHT).await;
    store.settle(&user("alice"), &RunId::first(&first.message_id), SPENT).await.unwrap();
    store.begin_turn(&second).await.unwrap();
    let alice = store.allowance(&user("alice")).await.unwrap();
    assert_eq!((alice.messages, alice.tokens, alice.dollars), (2, 700, 0.25));
    assert_eq!(alice.unsettled.into_keys().collect::<Vec<_>>(), [RunId::first(&second.reply.id)]);
}

#[tokio::test]
async fn a_new_day_begins_with_nothing_used() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "one", MIDNIGHT).await;
    store.settle(&user("alice"), &RunId::first(&turn.message_id), SPENT).await.unwrap();
    begun(&store, "two", MIDNIGHT + 24 * HOUR).await;
    let alice = store.allowance(&user("alice")).await.unwrap();
    assert_eq!((alice.messages, alice.tokens, alice.dollars), (1, 0, 0.0));
}

#[tokio::test]
async fn an_unsettled_turn_is_dropped_by_a_later_one() {
    let (_guard, store) = start().await;
    begun(&store, "one", MIDNIGHT).await;
    let second = begun(&store, "two", MIDNIGHT + HOUR).await;
    let alice = store.allowance(&user("alice")).await.unwrap();
    assert_eq!(alice.unsettled.into_keys().collect::<Vec<_>>(), [RunId::first(&second.message_id)]);
}

#[tokio::test]
async fn the_daily_spend_of_all_users_is_summed() {
    let (_guard, store) = start().await;
    for number in 0..40 {
        let run = RunId::first(&format!("turn-{number}").parse().unwrap());
        store.add_spending(Day(7), &run, 0.25).await.unwrap();
    }
    store.add_spending(Day(8), &RunId::first(&"turn".parse().unwrap()), 1.5).await.unwrap();
    assert_eq!(store.spending(Day(7)).await.unwrap(), 10.0);
    assert_eq!(store.spending(Day(8)).await.unwrap(), 1.5);
    assert_eq!(store.spending(Day(9)).await.unwrap(), 0.0);
}

fn in_conversation(name: &str) -> NewTurn {
    new_turn_in(&user("alice"), &conversation_id(name), name, None)
}

/// A turn of a conversation of its own that may begin, by what is stored now.
async fn admitted(store: &impl AllowanceStore, name: &str, now: Timestamp) -> NewTurn {
    let turn = in_conversation(name);
    let before = store.allowance(&user("alice")).await.unwrap();
    let after = before.admit(&UsageLimits::default(), now, &turn.reply.id).unwrap();
    NewTurn { admission: Some(Admission { before, after }), ..turn }
}

async fn begun(store: &(impl AllowanceStore + TurnStore), name: &str, now: Timestamp) -> TurnKey {
    let turn = admitted(store, name, now).await;
    store.begin_turn(&turn).await.unwrap();
    key(&turn)
}

fn key(turn: &NewTurn) -> TurnKey {
    TurnKey {
        user_id: turn.reply.user_id.clone(),
        conversation_id: turn.reply.conversation_id.clone(),
        message_id: turn.reply.id.clone(),
    }
}
