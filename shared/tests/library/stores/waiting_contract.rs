//! What every store promises of turns that wait for the user. Included once for each store, which the module around it starts.

use natter::allowance::{Admission, Allowance, RunId, TurnUsage, UsageLimits};
use natter::conversation::{CallId, Entry, Execution, MessageId, Outcome, Status, Timestamp};
use natter::db::{AllowanceStore, Answers, ClosedWait, NewTurn, RequestRecord, RequestStore, StoreError, TurnStore};
use natter::reply::Reply;
use natter::turn::{Ending, Lease};

use super::start;
use crate::stores::turns::{begun, deliver, head, key, save, status, subscriber};
use crate::support::{conversation_id, new_turn, user};

const LATER: Timestamp = Timestamp(9_000_000_000_000);

fn call(turn: &NewTurn, number: usize) -> Entry {
    Entry::ToolCall {
        call: CallId::new(&turn.reply.id, number),
        tool: "pay".to_owned(),
        input: r#"{"amount": 5}"#.to_owned(),
        execution: Execution::Approval,
    }
}

fn approval(turn: &NewTurn, number: usize) -> Entry {
    Entry::ApprovalResponse {
        call: CallId::new(&turn.reply.id, number),
        approved: true,
        reason: Some("fine".to_owned()),
    }
}

fn output(turn: &NewTurn, number: usize) -> Entry {
    Entry::ToolOutput {
        call: CallId::new(&turn.reply.id, number),
        tool: "pay".to_owned(),
        outcome: Outcome::error("no"),
    }
}

/// A turn that waits, and its log.
async fn waiting(store: &impl TurnStore) -> (NewTurn, Vec<Entry>) {
    let (turn, log) = undelivered(store).await;
    deliver(store, &turn, false, Some(LATER)).await;
    (turn, log)
}

/// The same, before its wait was delivered.
async fn undelivered(store: &impl TurnStore) -> (NewTurn, Vec<Entry>) {
    let turn = begun(store, "r1").await;
    let mut reply = Reply::new(turn.reply.id.clone(), None);
    reply.entries = vec![Entry::StepStart, call(&turn, 1), call(&turn, 2), Entry::StepEnd { model: None, usage: None }];
    reply.ending = Some(Ending::Waiting);
    save(store, &turn, &reply).await.unwrap();
    (turn, reply.entries)
}

async fn lease(store: &impl TurnStore, turn: &NewTurn) -> Lease {
    store.reply(&key(turn)).await.unwrap().unwrap().lease.unwrap()
}

/// An answer by request `request` to a turn whose lease is `seen`.
async fn answer(
    store: &impl TurnStore,
    turn: &NewTurn,
    request: &str,
    seen: &Lease,
    entries: &[Entry],
    goes_on: bool,
) -> Result<(), StoreError> {
    answer_admitted(store, turn, request, seen, entries, goes_on.then_some(None)).await
}

/// The same; if the turn goes on, with this admission.
async fn answer_admitted(
    store: &impl TurnStore,
    turn: &NewTurn,
    request: &str,
    seen: &Lease,
    entries: &[Entry],
    goes_on: Option<Option<&Admission>>,
) -> Result<(), StoreError> {
    let admission = goes_on.flatten();
    let goes_on = goes_on.is_some();
    let lease = match goes_on {
        true => seen.continued("the next".to_owned(), LATER, 6),
        false => seen.renewed(seen.expires_at),
    };
    let (turn, subscriber) = (key(turn), subscriber(request));
    let answers = Answers {
        turn: &turn,
        subscriber: &subscriber,
        fingerprint: "a digest",
        orphaned: &[],
        seen,
        lease: &lease,
        entries,
        allowed_tools: &["pay".to_owned()],
        goes_on,
        admission,
        now: Timestamp::now(),
    };
    store.answer(answers).await
}

#[tokio::test]
async fn a_waiting_turn_is_due_when_it_has_waited_too_long() {
    let (_guard, store) = start().await;
    let (turn, _) = waiting(&store).await;
    assert_eq!(store.due_turns(Timestamp(LATER.0 - 1), 10).await.unwrap(), []);
    assert_eq!(store.due_turns(LATER, 10).await.unwrap(), [key(&turn)]);
    let stored = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert_eq!((stored.message.status, stored.waits_until, stored.is_due), (Status::Waiting, Some(LATER), false));
    assert!(head(&store, "alice").await.waits);
}

#[tokio::test]
async fn answers_are_added_behind_the_log_one_after_another_until_the_turn_goes_on() {
    let (_guard, store) = start().await;
    let (turn, log) = waiting(&store).await;
    let seen = lease(&store, &turn).await;
    answer(&store, &turn, "r2", &seen, &[approval(&turn, 1)], false).await.unwrap();
    assert_eq!(status(&store, &turn).await, Status::Waiting);

    let seen = lease(&store, &turn).await;
    answer(&store, &turn, "r3", &seen, &[approval(&turn, 2), output(&turn, 2)], true).await.unwrap();
    let stored = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert_eq!(stored.message.status, Status::Streaming);
    assert_eq!(stored.message.entries, [log, vec![approval(&turn, 1), approval(&turn, 2), output(&turn, 2)]].concat());
    assert_eq!((stored.waits_until, stored.is_due, stored.missed), (None, true, false));
    assert_eq!(stored.subscribers, [subscriber("r3")]);
    assert_eq!(stored.lease.unwrap().attempt, 2);
    let head = head(&store, "alice").await;
    assert_eq!((head.waits, head.allowed_tools.into_iter().collect::<Vec<_>>()), (false, vec!["pay".to_owned()]));
    let record = store.request(&user("alice"), &subscriber("r3").connection, &subscriber("r3").request).await.unwrap();
    assert!(matches!(record, Some(RequestRecord::Taken { turn: of, .. }) if of == key(&turn)));
}

#[tokio::test]
async fn those_to_whom_the_wait_was_not_delivered_stay_recorded_when_it_is_answered() {
    let (_guard, store) = start().await;
    let (turn, _) = waiting(&store).await;
    let seen = lease(&store, &turn).await;
    let (key, answering, orphaned) = (key(&turn), subscriber("r2"), [subscriber("r1")]);
    let answers = Answers {
        turn: &key,
        subscriber: &answering,
        fingerprint: "a digest",
        orphaned: &orphaned,
        seen: &seen,
        lease: &seen.continued("the next".to_owned(), LATER, 5),
        entries: &[approval(&turn, 1)],
        allowed_tools: &[],
        goes_on: true,
        admission: None,
        now: Timestamp::now(),
    };
    store.answer(answers).await.unwrap();
    let mut subscribers = store.reply(&key).await.unwrap().unwrap().subscribers;
    subscribers.sort_by_key(|subscriber| subscriber.request.to_string());
    assert_eq!(subscribers, [subscriber("r1"), subscriber("r2")]);
}

#[tokio::test]
async fn of_two_answers_that_read_the_same_one_is_stored_and_none_twice() {
    let (_guard, store) = start().await;
    let (turn, _) = waiting(&store).await;
    let seen = lease(&store, &turn).await;
    answer(&store, &turn, "r2", &seen, &[approval(&turn, 1)], false).await.unwrap();
    let stale = answer(&store, &turn, "r3", &seen, &[approval(&turn, 1)], false).await;
    assert!(matches!(stale, Err(StoreError::Stale)));
    let again = answer(&store, &turn, "r2", &lease(&store, &turn).await, &[approval(&turn, 2)], false).await;
    assert!(matches!(again, Err(StoreError::Duplicate)));
}

#[tokio::test]
async fn the_run_that_goes_on_is_counted_in_the_write_of_the_answer_or_not_at_all() {
    let (_guard, store) = start().await;
    let (turn, _) = waiting(&store).await;
    let seen = lease(&store, &turn).await;
    let run = RunId::beginning_at(&turn.reply.id, 6);
    let admitted = |before: Allowance| {
        let after = before.go_on(&UsageLimits::default(), Timestamp::now(), run.clone()).unwrap();
        Admission { before, after }
    };
    let stale = admitted(Allowance { version: 7, ..Allowance::default() });
    let refused = answer_admitted(&store, &turn, "r2", &seen, &[approval(&turn, 1)], Some(Some(&stale))).await;
    assert!(matches!(refused, Err(StoreError::AllowanceConflict)));
    assert_eq!(status(&store, &turn).await, Status::Waiting);

    let admission = admitted(store.allowance(&user("alice")).await.unwrap());
    answer_admitted(&store, &turn, "r3", &seen, &[approval(&turn, 1)], Some(Some(&admission))).await.unwrap();
    assert_eq!(status(&store, &turn).await, Status::Streaming);
    assert!(store.settle(&user("alice"), &run, TurnUsage::default()).await.unwrap());
}

#[tokio::test]
async fn a_turn_that_does_not_wait_takes_no_answer() {
    let (_guard, store) = start().await;
    let turn = begun(&store, "r1").await;
    let seen = lease(&store, &turn).await;
    assert!(matches!(answer(&store, &turn, "r2", &seen, &[approval(&turn, 1)], true).await, Err(StoreError::Stale)));
}

#[tokio::test]
async fn a_late_delivery_of_the_wait_leaves_the_turn_that_went_on_alone() {
    let (_guard, store) = start().await;
    let (turn, _) = waiting(&store).await;
    let seen = lease(&store, &turn).await;
    answer(&store, &turn, "r2", &seen, &[approval(&turn, 1)], true).await.unwrap();
    deliver(&store, &turn, false, None).await;
    assert_eq!(store.due_turns(LATER, 10).await.unwrap(), [key(&turn)]);
}

#[tokio::test]
async fn a_new_turn_ends_the_wait_of_the_one_before_it() {
    let (_guard, store) = start().await;
    let (turn, log) = waiting(&store).await;
    let closed = |seen: Lease| ClosedWait {
        message_id: turn.reply.id.clone(),
        seen,
        entries: vec![output(&turn, 1), output(&turn, 2)],
        is_delivered: true,
    };
    let mut next = new_turn(&user("alice"), "r2", Some(head(&store, "alice").await));
    next.closed_wait = Some(closed(Lease::first("another".to_owned(), LATER)));
    assert!(matches!(store.begin_turn(&next).await, Err(StoreError::Stale)));
    next.closed_wait = Some(closed(lease(&store, &turn).await));
    store.begin_turn(&next).await.unwrap();
    let stored = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert_eq!(stored.ending, Some(Ending::Stopped));
    assert_eq!(stored.message.entries, [log, vec![output(&turn, 1), output(&turn, 2)]].concat());
    assert!(!store.due_turns(LATER, 10).await.unwrap().contains(&key(&turn)));
    assert!(!head(&store, "alice").await.waits);
}

#[tokio::test]
async fn a_wait_that_nobody_ends_is_closed_once() {
    let (_guard, store) = start().await;
    let (turn, _) = waiting(&store).await;
    let message_id: MessageId = turn.reply.id.clone();
    let entries = vec![output(&turn, 1)];
    let closed = ClosedWait { message_id, seen: lease(&store, &turn).await, entries, is_delivered: true };
    store.close_waiting(&key(&turn), &closed).await.unwrap();
    assert_eq!(status(&store, &turn).await, Status::Stopped);
    assert!(matches!(store.close_waiting(&key(&turn), &closed).await, Err(StoreError::Stale)));
    let opened = store.open(&user("alice"), &conversation_id("c"), None, 10).await.unwrap();
    assert_eq!(opened.recent[0].message.status, Status::Stopped);
}

#[tokio::test]
async fn a_wait_that_was_delivered_since_it_was_read_is_read_again_before_it_is_ended() {
    let (_guard, store) = start().await;
    let (turn, _) = undelivered(&store).await;
    let (message_id, seen) = (turn.reply.id.clone(), lease(&store, &turn).await);
    let closed = ClosedWait { message_id, seen, entries: vec![output(&turn, 1)], is_delivered: false };
    deliver(&store, &turn, false, Some(LATER)).await;
    assert!(matches!(store.close_waiting(&key(&turn), &closed).await, Err(StoreError::Stale)));
    store.close_waiting(&key(&turn), &ClosedWait { is_delivered: true, ..closed }).await.unwrap();
    assert_eq!(store.due_turns(LATER, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_wait_that_is_ended_before_it_was_delivered_stays_due_until_its_owner_or_another_delivers_it() {
    let (_guard, store) = start().await;
    let (turn, _) = undelivered(&store).await;
    let closed = ClosedWait {
        message_id: turn.reply.id.clone(),
        seen: lease(&store, &turn).await,
        entries: vec![output(&turn, 1)],
        is_delivered: false,
    };
    store.close_waiting(&key(&turn), &closed).await.unwrap();
    let stored = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert_eq!((stored.ending, stored.is_due), (Some(Ending::Stopped), true));
    assert_eq!(store.due_turns(LATER, 10).await.unwrap(), [key(&turn)]);
    deliver(&store, &turn, false, Some(LATER)).await;
    let stored = store.reply(&key(&turn)).await.unwrap().unwrap();
    assert_eq!((stored.ending, stored.is_due, stored.waits_until), (Some(Ending::Stopped), false, None));
    assert_eq!(store.due_turns(LATER, 10).await.unwrap(), []);
}
