//! Turns that are stopped: while they run, before they begin, and by whom.

use std::time::Duration;

use natter::caller::Caller;
use natter::conversation::Status;

use crate::support::Step::{Finish, Hang, Say, Wait};
use crate::support::{Chat, Step, send};

const PAUSE: Step = Wait(Duration::from_millis(120));

#[tokio::test]
async fn a_stop_before_its_message_stops_it_without_a_model_call() {
    let chat = Chat::with_model([Say("Never"), Hang]).await;
    chat.service.stop(&chat.caller, &"r1".parse().unwrap()).await.unwrap();
    chat.says(send("r1", "c", "m1", "Hello")).await.unwrap();
    let [question, reply] = chat.stored().await.try_into().unwrap();
    assert_eq!(question.message.content(), "Hello");
    assert_eq!((reply.message.content(), reply.message.status), (String::new(), Status::Stopped));
    assert_eq!(chat.sink.types("tab").last().unwrap(), "end");
    assert_eq!(chat.model.dropped(), chat.model.prompts().len(), "a call that was on its way is dropped");
}

#[tokio::test]
async fn a_stop_ends_the_models_call_and_keeps_the_partial_reply() {
    let chat = Chat::with_model([Say("Once upon a time"), Hang]).await;
    let running = chat.begins(send("r1", "c", "m1", "Tell me a story")).await;
    chat.service.stop(&chat.caller, &"r1".parse().unwrap()).await.unwrap();
    running.await.unwrap();

    assert_eq!(chat.model.dropped(), 1);
    assert_eq!(chat.sink.types("tab").last().unwrap(), "end");
    let reply = chat.stored().await.pop().unwrap().message;
    assert_eq!((reply.content(), reply.status), ("Once upon a time".to_owned(), Status::Stopped));
}

#[tokio::test]
async fn a_message_sent_right_after_a_stop_waits_for_it_and_is_answered() {
    let chat = Chat::with_model([Say("On and on"), Hang]).await;
    let running = chat.begins(send("r1", "c", "m1", "Talk")).await;
    let chat = chat.with_next_model([Say("Yes?"), Finish]);
    // Frames are handled concurrently: the message may even overtake the stop.
    let request = "r1".parse().unwrap();
    let (answered, stopped) = tokio::join!(chat.says(send("r2", "c", "m2", "Wait")), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        chat.service.stop(&chat.caller, &request).await
    });
    answered.unwrap();
    stopped.unwrap();
    running.await.unwrap();
    assert_eq!(chat.sink.text("tab", "r2"), "Yes?");
}

#[tokio::test]
async fn a_stop_applies_only_to_turns_of_its_user_and_connection() {
    let chat = Chat::with_model([Say("On"), PAUSE, PAUSE, PAUSE, PAUSE, PAUSE, Say(" and on"), Finish]).await;
    let running = chat.begins(send("r1", "c", "m1", "Go")).await;
    let request = "r1".parse().unwrap();
    chat.as_user("bob").service.stop(&chat.as_user("bob").caller, &request).await.unwrap();
    let elsewhere = Caller { connection: "another-tab".parse().unwrap(), ..chat.caller.clone() };
    chat.service.stop(&elsewhere, &request).await.unwrap();
    running.await.unwrap();
    assert_eq!(chat.sink.text("tab", "r1"), "On and on");
}
