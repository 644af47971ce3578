//! An owner that is frozen for longer than its lease, as if its machine were suspended, and wakes when its turn is given up.

#![cfg(target_os = "linux")]

use std::time::Duration;

use natter_tests::{Client, Events, Natter, NatterBuilder, message_functions};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::{AFTER_THE_LEASE, LEASE_SECONDS, natter};

/// How often each case is tried: which of two functions is faster is a matter of chance.
const TRIES: usize = 4;

const POLL_INTERVAL: Duration = Duration::from_millis(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_wakes_after_a_takeover_posts_nothing() {
    for _ in 0..TRIES {
        let natter = natter().await;
        let (mut alice, request, owner) = with_a_frozen_owner(&natter).await;
        let mut elsewhere = natter.connect("alice").await;
        let next = elsewhere.script("c", json!({"text": "Done."})).await;
        assert_eq!(elsewhere.answer(&next).await.text, "Done.");
        assert_eq!(alice.answer(&request).await.last["code"], "interrupted");

        signal(&owner, Signal::CONT);
        natter.stack.settled().await;
        alice.send(json!({"type": "ping", "requestId": request})).await;
        assert_eq!(alice.next(&request).await["type"], "pong", "what comes after the end");
        natter.stack.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_wakes_during_a_takeover_ends_before_the_next_turn() {
    for _ in 0..TRIES {
        // Delays, so that the owner can extend its lease between the calls of the function that gives it up.
        let builder = NatterBuilder::default().environment("LEASE_SECONDS", LEASE_SECONDS).faults("delay:1");
        let natter = builder.start().await;
        let (mut alice, request, owner) = with_a_frozen_owner(&natter).await;
        let mut elsewhere = natter.connect("alice").await;
        let before = Events::newest(&natter.stack);
        let next = elsewhere.script("c", json!({"text": "Done."})).await;
        let has_read = |operation| {
            let events = Events::after(&natter.stack, before);
            events.of("database").any(|call| call["operation"] == operation)
        };
        while !has_read("BatchGetItem") || !has_read("Query") {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        signal(&owner, Signal::CONT);
        let answer = elsewhere.answer(&next).await;
        // Otherwise the owner was faster, and the conversation is busy.
        if answer.last["type"] == "end" {
            assert_eq!(alice.answer(&request).await.last["code"], "interrupted", "the turn before goes on");
        } else {
            assert_eq!(answer.last["code"], "conversation_busy");
        }
        natter.stack.stop().await;
    }
}

/// A request, in the middle of whose reply the owner was frozen, until its lease expired. The model goes on writing, for
/// longer than any test lasts, so that an owner that wakes does not find the rest of the reply and complete its turn.
async fn with_a_frozen_owner(natter: &Natter) -> (Client, String, Vec<Pid>) {
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 5000, "rate": 10})).await;
    alice.first_text(&request).await;
    let owner = message_functions();
    signal(&owner, Signal::STOP);
    tokio::time::sleep(AFTER_THE_LEASE).await;
    (alice, request, owner)
}

fn signal(functions: &[Pid], signal: Signal) {
    for function in functions {
        kill_process(*function, signal).unwrap();
    }
}
