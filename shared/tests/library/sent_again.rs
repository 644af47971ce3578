//! Messages and events that come more than once.

use std::time::Duration;

use natter::error::ErrorCode;
use natter::llm::ModelError;
use natter::protocol::SendFrame;

use crate::support::Step::{Fail, Finish, Say, Wait};
use crate::support::{Chat, Step, send};

const PAUSE: Step = Wait(Duration::from_millis(120));

#[tokio::test]
async fn after_a_failure_the_same_message_is_answered_again_and_stored_once() {
    let chat = Chat::with_model([Fail(|| ModelError::Unreachable("refused".to_owned()))]).await;
    chat.says(send("r1", "c", "m1", "Hello?")).await.unwrap();
    let chat = chat.with_next_model([Say("Here."), Finish]);
    chat.says(send("r2", "c", "m1", "Hello?")).await.unwrap();

    assert_eq!(chat.sink.text("tab", "r2"), "Here.");
    let contents: Vec<_> = chat.stored().await.iter().map(|written| written.message.content()).collect();
    assert_eq!(contents, ["Hello?", "", "Here."]);
}

#[tokio::test]
async fn a_message_sent_again_after_its_reply_costs_no_second_call_of_the_model() {
    let chat = Chat::with_model([Say("Once."), Finish]).await;
    chat.says(send("r1", "c", "m1", "Say it")).await.unwrap();
    chat.says(send("r2", "c", "m1", "Say it")).await.unwrap();
    assert_eq!(chat.sink.text("tab", "r2"), "Once.");
    assert_eq!(chat.model.prompts().len(), 1);
    assert_eq!(chat.stored().await.len(), 2);
}

#[tokio::test]
async fn an_accepted_message_gets_its_reply_whatever_there_is_to_choose_from_now() {
    let chat = Chat::with_models([vec![Say("Once."), Finish], vec![Say("Never."), Finish]]).await;
    chat.says(send("r1", "c", "m1", "Say it")).await.unwrap();
    let naming_what_is_gone = |request: &str, message: &str| SendFrame {
        model: Some("gone".to_owned()),
        agent: Some("gone".to_owned()),
        ..send(request, "c", message, "Say it")
    };
    chat.says(naming_what_is_gone("r2", "m1")).await.unwrap();
    assert_eq!(chat.sink.text("tab", "r2"), "Once.");
    let refused = chat.says(naming_what_is_gone("r3", "m2")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidFrame);
    assert_eq!((chat.model.prompts().len(), chat.stored().await.len()), (1, 2));
}

#[tokio::test]
async fn an_event_that_is_delivered_twice_starts_one_turn() {
    let chat = Chat::with_model([Say("Once"), PAUSE, PAUSE, PAUSE, PAUSE, PAUSE, Say(" only"), Finish]).await;
    let running = chat.begins(send("r1", "c", "m1", "Say it")).await;
    assert!(chat.service.begin(&chat.caller, send("r1", "c", "m1", "Say it")).await.unwrap().is_none());
    running.await.unwrap();
    assert_eq!(chat.sink.types("tab").iter().filter(|kind| *kind == "end").count(), 1);

    chat.says(send("r1", "c", "m1", "Say it")).await.unwrap();
    assert_eq!(chat.model.prompts().len(), 1);
    assert_eq!(chat.stored().await.len(), 2);
}

#[tokio::test]
async fn an_old_message_sent_again_gets_its_reply_and_changes_nothing() {
    let chat = Chat::with_models([vec![Say("First."), Finish], vec![Say("And so on."), Finish]]).await;
    // More than a turn reads of the past.
    for number in 0..15 {
        chat.says(send(&format!("r{number}"), "c", &format!("m{number}"), "Hello")).await.unwrap();
    }
    let (head, asked) = (chat.head().await, chat.model.prompts().len());
    for again in ["again", "once-more"] {
        chat.says(send(again, "c", "m0", "Hello")).await.unwrap();
        assert_eq!(chat.sink.text("tab", again), "First.");
    }
    assert_eq!((chat.head().await, chat.stored().await.len()), (head, 30));
    assert_eq!(chat.model.prompts().len(), asked);
}

#[tokio::test]
async fn a_request_id_reused_for_another_message_is_rejected_and_stores_nothing() {
    let chat = Chat::with_model([Say("One."), Finish]).await;
    chat.says(send("r1", "c", "m1", "Hello")).await.unwrap();
    for (conversation, message) in [("c", "m2"), ("d", "m1")] {
        let refused = chat.says(send("r1", conversation, message, "Something else")).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidFrame);
    }
    assert_eq!(chat.stored().await.len(), 2);
}
