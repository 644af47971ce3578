//! Turns that are abandoned, and their subscribers.

use std::time::Duration;

use natter::caller::Caller;
use natter::conversation::{Status, Timestamp};
use natter::db::ConnectionStore;
use natter::protocol::ResumeFrame;
use natter::services::Resumed;

use crate::support::Step::{Finish, Hang, Say, Wait};
use crate::support::{Chat, LEASE, Step, conversation_id, send, user};

const A_WHILE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_resume_takes_over_an_abandoned_turn_under_the_same_message_id() {
    let chat = Chat::with_models([vec![Say("Half a"), Hang], vec![Say("A whole reply"), Finish]]).await;
    dies(&chat).await;
    runs(chat.service.resume(&tab(&chat, "second"), &resume("r2")).await.unwrap()).await;

    assert_eq!(chat.sink.text("second", "r2"), "A whole reply");
    assert_eq!(message_id(&chat, "second"), message_id(&chat, "tab"));
    let reply = chat.stored().await.pop().unwrap();
    assert_eq!((reply.message.content(), reply.message.status), ("A whole reply".to_owned(), Status::Complete));
    assert_eq!(chat.stored().await.len(), 2);
}

#[tokio::test]
async fn subscribers_of_a_dead_function_are_notified_and_may_resume() {
    let slowly = [Say("A whole")].into_iter().chain(std::iter::repeat_n(PAUSE, 12)).chain([Say(" reply"), Finish]);
    let chat = Chat::with_models([vec![Say("Half a"), Hang], slowly.collect()]).await;
    dies(&chat).await;
    let Resumed::Here(turn) = chat.service.resume(&tab(&chat, "second"), &resume("r2")).await.unwrap() else {
        panic!("the turn is taken over");
    };
    let running = tokio::spawn(turn.run(A_WHILE));
    chat.sink.wait_for("tab", |frame| frame["code"] == "interrupted").await;
    assert!(matches!(chat.service.resume(&chat.caller, &resume("r3")).await.unwrap(), Resumed::Subscribed));
    running.await.unwrap();
    assert_eq!(chat.sink.text("tab", "r3"), "A whole reply");
}

#[tokio::test]
async fn the_same_message_sent_again_takes_over_a_turn_whose_function_died() {
    let chat = Chat::with_models([vec![Say("Half a"), Hang], vec![Say("A whole reply"), Finish]]).await;
    dies(&chat).await;
    chat.says(send("r2", "c", "m1", "Hello")).await.unwrap();
    assert_eq!(chat.sink.text("tab", "r2"), "A whole reply");
    assert_eq!(chat.stored().await.len(), 2);
}

#[tokio::test]
async fn another_message_does_not_wait_for_a_turn_whose_function_died() {
    let chat = Chat::with_models([vec![Say("Half a"), PAUSE, PAUSE, Hang], vec![Say("Of course."), Finish]]).await;
    dies(&chat).await;
    chat.says(send("r2", "c", "m2", "Forget it. Can you…?")).await.unwrap();
    assert_eq!(chat.sink.text("tab", "r2"), "Of course.");
    let stored = chat.stored().await;
    assert_eq!(stored[1].message.status, Status::Interrupted);
    assert_eq!(stored.len(), 4);
}

#[tokio::test]
async fn a_sweep_recovers_a_turn_whose_client_never_returns() {
    let chat = Chat::with_models([vec![Say("Half a"), Hang], vec![Say("A whole reply"), Finish]]).await;
    dies(&chat).await;
    sweep(&chat).await;
    let reply = chat.stored().await.pop().unwrap().message;
    assert_eq!((reply.content(), reply.status), ("A whole reply".to_owned(), Status::Complete));
    assert_eq!(chat.sink.frames("tab").pop().unwrap()["code"], "interrupted");
}

#[tokio::test]
async fn a_sweep_does_not_affect_a_running_turn() {
    let pauses = std::iter::repeat_n(PAUSE, 10);
    let script = [Say("Slowly")].into_iter().chain(pauses).chain([Say(" does it"), Finish]);
    let chat = Chat::with_models([script.collect()]).await;
    let running = chat.begins(send("r1", "c", "m1", "Hello")).await;
    tokio::time::sleep(LEASE + Duration::from_millis(300)).await;
    sweep(&chat).await;
    running.await.unwrap();
    assert_eq!(chat.sink.text("tab", "r1"), "Slowly does it");
    assert_eq!(chat.model.prompts().len(), 1);
}

#[tokio::test]
async fn a_turn_lost_twice_is_closed_and_its_saved_text_is_kept() {
    let half = || vec![Say("Half a"), PAUSE, PAUSE, PAUSE, Hang];
    let chat = Chat::with_models([half(), half()]).await;
    dies_after_a_save(&chat).await;
    let Resumed::Here(turn) = chat.service.resume(&chat.caller, &resume("r2")).await.unwrap() else {
        panic!("the turn is taken over");
    };
    let running = tokio::spawn(turn.run(A_WHILE));
    tokio::time::sleep(Duration::from_millis(900)).await;
    running.abort();
    tokio::time::sleep(LEASE).await;
    sweep(&chat).await;

    let reply = chat.stored().await.pop().unwrap().message;
    assert_eq!((reply.content(), reply.status), ("Half a".to_owned(), Status::Interrupted));
    assert_eq!(chat.sink.frames("tab").pop().unwrap()["code"], "interrupted");
    runs(chat.service.resume(&chat.caller, &resume("r3")).await.unwrap()).await;
    assert_eq!(chat.sink.text("tab", "r3"), "Half a");
    assert_eq!(
        chat.sink.types("tab").last().unwrap(),
        "end",
        "a replay ends without an error, or it would be resumed again"
    );
    assert_eq!(chat.model.prompts().len(), 2);
}

#[tokio::test]
async fn a_message_sent_again_after_two_lost_attempts_gets_the_stored_end() {
    let half = || vec![Say("Half a"), PAUSE, PAUSE, PAUSE, Hang];
    let chat = Chat::with_models([half(), vec![Hang]]).await;
    dies_after_a_save(&chat).await;
    let again = chat.service.begin(&chat.caller, send("r2", "c", "m1", "Hello")).await.unwrap();
    drop(again.expect("the turn is taken over"));
    tokio::time::sleep(LEASE).await;
    chat.says(send("r3", "c", "m1", "Hello")).await.unwrap();

    assert_eq!(chat.sink.text("tab", "r3"), "Half a");
    let frames: Vec<_> = chat.sink.frames("tab").into_iter().filter(|frame| frame["requestId"] == "r3").collect();
    let [.., abort, end] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!((&abort["chunk"]["reason"], &end["type"]), (&"interrupted".into(), &"end".into()), "not to be resumed");
    assert_eq!(chat.model.prompts().len(), 2);
    assert_eq!(chat.stored().await.len(), 2);
}

#[tokio::test]
async fn a_failed_shorter_attempt_keeps_the_first_ones_text_and_interrupts() {
    let fail = || natter::llm::ModelError::BrokenOff("cut".to_owned());
    let first = vec![Say("A long half of a reply"), PAUSE, PAUSE, PAUSE, Hang];
    let chat = Chat::with_models([first, vec![Say("Short"), PAUSE, Step::Fail(fail)]]).await;
    dies_after_a_save(&chat).await;
    runs(chat.service.resume(&chat.caller, &resume("r2")).await.unwrap()).await;
    assert_eq!(chat.sink.text("tab", "r2"), "Short");
    assert_eq!(chat.sink.frames("tab").pop().unwrap()["code"], "interrupted");
    let reply = chat.stored().await.pop().unwrap().message;
    assert_eq!((reply.content().as_str(), reply.status), ("A long half of a reply", Status::Interrupted));
    runs(chat.service.resume(&chat.caller, &resume("r3")).await.unwrap()).await;
    assert_eq!(chat.sink.text("tab", "r3"), "A long half of a reply");
}

#[tokio::test]
async fn an_empty_attempt_keeps_the_saved_text_of_the_first() {
    let fail = || natter::llm::ModelError::Unreachable("refused".to_owned());
    let chat = Chat::with_models([vec![Say("Half a"), PAUSE, PAUSE, PAUSE, Hang], vec![Step::Fail(fail)]]).await;
    dies_after_a_save(&chat).await;
    runs(chat.service.resume(&chat.caller, &resume("r2")).await.unwrap()).await;
    let reply = chat.stored().await.pop().unwrap().message;
    assert_eq!((reply.content(), reply.status), ("Half a".to_owned(), Status::Failed));
    assert_eq!(chat.sink.text("tab", "r2"), "Half a");
}

#[tokio::test]
async fn a_redelivered_event_of_a_dead_function_is_interrupted() {
    let chat = Chat::with_models([vec![Say("Half a"), Hang], vec![Say("A whole reply"), Finish]]).await;
    dies(&chat).await;
    chat.says(send("r1", "c", "m1", "Hello")).await.unwrap();
    let frames = chat.sink.frames("tab");
    let last = frames.last().unwrap();
    assert_eq!((&last["code"], &last["requestId"]), (&"interrupted".into(), &"r1".into()));
    runs(chat.service.resume(&chat.caller, &resume("r2")).await.unwrap()).await;
    assert_eq!(chat.sink.text("tab", "r2"), "A whole reply");
}

#[tokio::test]
async fn an_ended_reply_is_replayed_only_to_clients_that_missed_it() {
    let chat = Chat::with_models([vec![Say("A whole"), PAUSE, Say(" reply"), Finish]]).await;
    chat.connects("alice", "tab").await;
    let was_there = tab(&chat, "was-there");
    chat.says(send("r1", "c", "m1", "Hello")).await.unwrap();
    let came_later = Caller { connected_at: Timestamp::now(), ..tab(&chat, "came-later") };

    for subscribed_or_late in [&chat.caller, &came_later] {
        assert!(matches!(chat.service.resume(subscribed_or_late, &resume("r2")).await.unwrap(), Resumed::Nothing));
    }
    runs(chat.service.resume(&was_there, &resume("r3")).await.unwrap()).await;
    assert_eq!(chat.sink.text("was-there", "r3"), "A whole reply");

    // The connection that followed broke off, and its client is back with another.
    chat.connections().lose_connection(&user("alice"), &"tab".parse().unwrap(), Timestamp::now()).await.unwrap();
    runs(chat.service.resume(&came_later, &resume("r4")).await.unwrap()).await;
    assert_eq!(chat.sink.text("came-later", "r4"), "A whole reply");
}

#[tokio::test]
async fn a_long_reply_is_stored_in_segments_and_reads_whole() {
    let script =
        std::iter::repeat_n([Say("A sentence of some length, again and again. "), Wait(Duration::from_millis(1))], 700);
    let chat = Chat::with_models([script.flatten().chain([Finish]).collect()]).await;
    chat.says(send("r1", "c", "m1", "Talk")).await.unwrap();
    let reply = chat.stored().await.pop().unwrap().message;
    assert_eq!(reply.content(), "A sentence of some length, again and again. ".repeat(700));
    assert_eq!(chat.sink.text("tab", "r1"), reply.content());
    assert!(chat.segments().await >= 2, "the reply was saved more than once and is longer than a segment");
}

#[tokio::test]
async fn a_panic_ends_the_turn_in_which_it_happens_and_none_of_those_beside_it() {
    let chat =
        Chat::with_models([vec![Say("Half a"), Step::Panic], vec![Say("A whole"), PAUSE, Say(" reply"), Finish]]).await;
    let (broken, whole) = (send("r1", "c", "m1", "Hello"), send("r2", "d", "m2", "Hello"));
    let begin = async |frame| chat.service.begin(&chat.caller, frame).await.unwrap().unwrap();
    let (broken, whole) = (begin(broken).await, begin(whole).await);
    tokio::join!(broken.run(A_WHILE), whole.run(A_WHILE));
    assert_eq!(chat.sink.text("tab", "r2"), "A whole reply");
    assert_eq!(chat.stored().await.pop().unwrap().message.status, Status::Streaming, "it is left to be recovered");
}

const PAUSE: Step = Wait(Duration::from_millis(250));

/// Begins a turn whose function dies after the first text was shown, and waits until its lease has expired.
async fn dies(chat: &Chat) {
    chat.begins(send("r1", "c", "m1", "Hello")).await.abort();
    tokio::time::sleep(LEASE).await;
}

/// The same, but the text is saved before.
async fn dies_after_a_save(chat: &Chat) {
    let running = chat.begins(send("r1", "c", "m1", "Hello")).await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    running.abort();
    tokio::time::sleep(LEASE).await;
}

async fn sweep(chat: &Chat) {
    for turn in chat.service.sweep().await.unwrap() {
        turn.run(A_WHILE).await;
    }
}

async fn runs(resumed: Resumed) {
    match resumed {
        Resumed::Here(turn) => turn.run(A_WHILE).await,
        Resumed::Subscribed | Resumed::Nothing => panic!("the reply is to be shown here"),
    }
}

fn tab(chat: &Chat, connection: &str) -> Caller {
    Caller { connection: connection.parse().unwrap(), ..chat.caller.clone() }
}

fn resume(request: &str) -> ResumeFrame {
    ResumeFrame { request_id: request.parse().unwrap(), conversation_id: conversation_id("c") }
}

fn message_id(chat: &Chat, connection: &str) -> serde_json::Value {
    let frames = chat.sink.frames(connection);
    frames.iter().find(|frame| frame["chunk"]["type"] == "start").unwrap()["chunk"]["messageId"].clone()
}
